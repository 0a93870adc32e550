import { z } from "zod";
import type { RandomStream } from "../../math/random.js";

/**
 * `ipop` doubles the population with every restart (Auger and Hansen, CEC 2005). `bipop` takes turns between such runs
 * and short ones with small populations and small steps, so that both use about as many evaluations (Hansen, GECCO
 * 2009 workshop on black-box optimization benchmarking). `none` never restarts.
 */
export const restartPolicySchema = z.enum(["ipop", "bipop", "none"]);
export type RestartPolicy = z.infer<typeof restartPolicySchema>;

/** The run that is going on, and what earlier ones used. Evaluations are results told. */
export const runSchema = z.object({
  /** Restarts so far. */
  restarts: z.number(),
  /** How often the population has been doubled. */
  doublings: z.number(),
  /** lambda of this run, before noise enlarges it (repetition.ts). */
  populationSize: z.number(),
  /** Which of the two the present run's evaluations are counted with; the first run counts as small. */
  regime: z.enum(["small", "large"]),
  /** Evaluations of this run. */
  evaluations: z.number(),
  /** Evaluations of ended runs of each regime. */
  small: z.number(),
  large: z.number(),
  /** Evaluations after which this run ends whatever it finds; absent where there is no such limit. */
  limit: z.number().optional(),
});
export type Run = z.infer<typeof runSchema>;

/** How the next run starts. */
export interface RunStart {
  readonly run: Run;
  /** Share of the initial deviations, in (0, 1]. */
  readonly stepSizeFactor: number;
}

/** A population is doubled at most this often. */
const mostDoublings = 5;

export function firstRun(populationSize: number): Run {
  return { restarts: 0, doublings: 0, populationSize, regime: "small", evaluations: 0, small: 0, large: 0 };
}

/**
 * The run after the one that just ended.
 *
 * @param defaultPopulation lambda_0, the population of the first run
 */
export function nextRun(
  policy: "ipop" | "bipop",
  ended: Run,
  defaultPopulation: number,
  random: RandomStream,
): RunStart {
  const small = ended.small + (ended.regime === "small" ? ended.evaluations : 0);
  const large = ended.large + (ended.regime === "large" ? ended.evaluations : 0);
  const counted = { restarts: ended.restarts + 1, evaluations: 0, small, large };
  if (policy === "bipop" && small < large) {
    const ratio = 2 ** ended.doublings;
    const populationSize = Math.max(2, Math.floor(defaultPopulation * (ratio / 2) ** (random.uniform() ** 2)));
    return {
      run: { ...counted, doublings: ended.doublings, populationSize, regime: "small", limit: Math.ceil(large / 2) },
      stepSizeFactor: 10 ** (-2 * random.uniform()),
    };
  }
  const doublings = Math.min(mostDoublings, ended.doublings + 1);
  return {
    run: { ...counted, doublings, populationSize: defaultPopulation * 2 ** doublings, regime: "large" },
    stepSizeFactor: 1,
  };
}

import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import type { Run } from "../../protocol/run.js";
import type { ComparedTask } from "../cells.js";

/** A searcher of known strength, in place of a method. */
export interface SimulatedMethod {
  readonly method: string;
  /** Random configurations that it may look at for each trial: one that has two is exactly twice as fast. */
  readonly draws: number;
  /** Origin of every third trial, and of the others. */
  readonly origins?: readonly [string, string];
  /** Simulated time of a trial; 1 where absent. */
  readonly cost?: number;
  /** Share of trials that fail; none where absent. */
  readonly failing?: number;
  /** US dollars of a call, at every third trial; null where the price is not known. */
  readonly usd?: number | null;
}

/** Tasks of 1 to 6 dimensions, in which a random configuration's regret is below r with probability r^(d/2). */
export function simulatedTasks(count: number, trials: number): readonly ComparedTask[] {
  return Array.from({ length: count }, (_, k) => {
    const power = powerOf(k);
    return { task: `simulated/${k + 1}`, trials, known: { best: 0, bestOf25: 26 ** -power } };
  });
}

export function simulatedRuns(
  tasks: readonly ComparedTask[],
  methods: readonly SimulatedMethod[],
  { seeds, repetition = 0 }: { readonly seeds: number; readonly repetition?: number },
): readonly Run[] {
  return tasks.flatMap((task, k) =>
    methods.flatMap((method) =>
      Array.from({ length: seeds }, (_, seed) => {
        const random = RandomStream.fromSeed(deriveSeed(repetition, task.task, method.method, seed));
        return simulatedRun(task, powerOf(k), method, seed + 1, random);
      }),
    ),
  );
}

function powerOf(task: number): number {
  return 2 / (1 + (task % 6));
}

function simulatedRun(
  { task, trials }: ComparedTask,
  power: number,
  { method, draws, origins = [method, method], cost = 1, failing = 0, usd }: SimulatedMethod,
  seed: number,
  random: RandomStream,
): Run {
  const incumbents: Run["incumbents"] = [{ trial: 0, time: 1, value: 2, origin: "default" }];
  const tallies: Run["origins"] = { default: { trials: 1, failures: 0, incumbents: 1 } };
  let best = 2;
  for (let trial = 1; trial < trials; trial++) {
    const origin = trial % 3 === 0 ? origins[0] : origins[1];
    tallies[origin] ??= { trials: 0, failures: 0, incumbents: 0 };
    const tally = tallies[origin];
    tally.trials += 1;
    if (failing > 0 && random.uniform() < failing) {
      tally.failures += 1;
      continue;
    }
    let value = 2;
    for (let draw = 0; draw < draws; draw++) value = Math.min(value, random.uniform() ** power);
    if (value >= best) continue;
    best = value;
    tally.incumbents += 1;
    incumbents.push({ trial, time: 1 + trial * cost, value, origin });
  }
  const calls = Math.floor(trials / 3);
  return {
    task,
    method,
    seed,
    trials,
    incumbents,
    done: { trials, time: 1 + (trials - 1) * cost },
    origins: tallies,
    trace: [],
    overhead: { median: draws, p95: 2 * draws, total: draws * trials },
    ...(usd !== undefined && {
      usage: {
        calls,
        inputTokens: 4000 * calls,
        outputTokens: 300 * calls,
        usd: usd === null ? null : usd * calls,
        seconds: 5 * calls,
      },
    }),
  };
}

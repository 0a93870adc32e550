/**
 * What does surrogate screening add to CMA-ES (src/optimizers/cma-es/screening.ts), and how close does it come to a
 * search that follows the model alone?
 *
 *   npm run build && node dist/evals/screening.js [--seeds 11] [--out FILE]
 *
 * Runs `cma-es`, `cma-es:screening=true` and `gp` from the same start on the functions of landscapes.ts, one of them
 * with noise and one where every configuration on one side of a border next to the start fails. Prints log10 of the
 * best value (without noise) after 30, 60 and 120 trials: mean over seeds and standard error; failed trials; and
 * milliseconds of processor time per trial.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RandomStream } from "../src/math/random.js";
import { cmaEs } from "../src/optimizers/cma-es/index.js";
import { gp } from "../src/optimizers/gp/index.js";
import type { Evaluation, Optimizer } from "../src/optimizers/optimizer.js";
import type { SearchSpace } from "../src/space/index.js";
import { conditions } from "./bench/conditions.js";
import { plainTable } from "./bench/plain-table.js";
import { rounded } from "./bench/rounded.js";
import { type LandscapeName, landscape } from "./landscapes.js";
import { mean } from "./statistics/index.js";

const checkpoints = [30, 60, 120] as const;

interface Problem {
  readonly name: LandscapeName;
  readonly parameters: number;
  /** Standard deviation of a measured value, as a share of the start's value. */
  readonly noise?: number;
  /** Whether configurations with p0 + p1 > 1.02 run out of memory; the start is at 1. */
  readonly border?: boolean;
}

const problems: readonly Problem[] = [
  { name: "ellipsoid", parameters: 10 },
  { name: "rotated ellipsoid", parameters: 8 },
  { name: "rosenbrock", parameters: 5 },
  { name: "rastrigin", parameters: 5 },
  { name: "mixed", parameters: 12 },
  { name: "ellipsoid", parameters: 10, noise: 0.05 },
  { name: "ellipsoid", parameters: 10, border: true },
];

const methods: Readonly<Record<string, (space: SearchSpace, seed: number) => Optimizer>> = {
  "cma-es": (space, seed) => cmaEs.create(space, { seed, start: space.defaults(), settings: { screening: false } }),
  "cma-es:screening=true": (space, seed) =>
    cmaEs.create(space, { seed, start: space.defaults(), settings: { screening: true } }),
  gp: (space, seed) => gp.create(space, { seed, start: space.defaults() }),
};

interface Run {
  /** log10 of the best value after each checkpoint. */
  readonly best: readonly number[];
  readonly failures: number;
}

function run(problem: Problem, make: (space: SearchSpace, seed: number) => Optimizer, seed: number): Run {
  const { space, objective } = landscape(problem.name, problem.parameters, seed);
  const random = RandomStream.fromSeed(3000 + seed);
  const start = space.defaults();
  const scatter = (problem.noise ?? 0) * objective(start);
  const evaluate = (configuration: typeof start): Evaluation => {
    const noise = scatter * random.normal();
    if (problem.border && Number(configuration["p0"]) + Number(configuration["p1"]) > 1.02) {
      return { kind: "failure", severity: 2, failure: "out_of_memory" };
    }
    return { kind: "value", value: objective(configuration) + noise };
  };
  const optimizer = make(space, seed);
  const first = evaluate(start);
  optimizer.tell({ configuration: start, evaluation: first });
  let lowest = first.kind === "value" ? first.value : Number.POSITIVE_INFINITY;
  let worth = objective(start);
  let failures = 0;
  const best: number[] = [];
  for (let trial = 2; trial <= Math.max(...checkpoints); trial++) {
    const { id, configuration } = optimizer.ask();
    const evaluation = evaluate(configuration);
    optimizer.tell({ candidate: id, configuration, evaluation });
    if (evaluation.kind === "failure") failures += 1;
    else if (evaluation.value < lowest) {
      lowest = evaluation.value;
      worth = objective(configuration);
    }
    if (checkpoints.some((checkpoint) => checkpoint === trial)) best.push(Math.log10(worth + 1e-6));
  }
  return { best, failures };
}

const { values: options } = parseArgs({
  options: { seeds: { type: "string", default: "11" }, out: { type: "string" } },
});
const seeds = Number(options.seeds);
const finish = conditions(`node dist/evals/screening.js --seeds ${seeds}`);
const rows = problems.flatMap((problem) =>
  Object.entries(methods).map(([method, make]) => {
    const before = process.cpuUsage().user;
    const runs = Array.from({ length: seeds }, (_, seed) => run(problem, make, seed));
    const milliseconds = (process.cpuUsage().user - before) / 1000 / seeds / Math.max(...checkpoints);
    const after = checkpoints.map((trials, k) => {
      const column = runs.map(({ best }) => best[k] ?? Number.NaN);
      const average = mean(column);
      const variance = mean(column.map((value) => (value - average) ** 2));
      return { trials, best: rounded(average), error: rounded(Math.sqrt(variance / (seeds - 1))) };
    });
    const title = [
      problem.name,
      ...(problem.noise ? [`noise ${problem.noise}`] : []),
      ...(problem.border ? ["border"] : []),
    ].join(", ");
    return {
      function: title,
      parameters: problem.parameters,
      method,
      after,
      failures: rounded(mean(runs.map((each) => each.failures)), 1),
      milliseconds: rounded(milliseconds, 1),
    };
  }),
);
process.stdout.write(
  `${plainTable(
    ["function", "parameters", "method", ...checkpoints.map((each) => `at ${each}`), "failures", "ms"],
    rows.map((row) => [
      row.function,
      row.parameters,
      row.method,
      ...row.after.map(({ best, error }) => `${best.toFixed(2)} ± ${error.toFixed(2)}`),
      row.failures,
      row.milliseconds,
    ]),
  )}\n`,
);
if (options.out !== undefined) {
  const unit = "log10 of the best value; mean over seeds and standard error";
  writeFileSync(options.out, `${JSON.stringify({ ...finish(), seeds, unit, rows }, null, 2)}\n`);
}

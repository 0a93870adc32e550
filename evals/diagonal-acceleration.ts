/**
 * What is it worth that single deviations learn faster than the covariance (src/optimizers/cma-es/
 * diagonal-acceleration.ts)? Runs the search distribution with and without on functions whose axes are the parameters
 * and on functions whose axes are not.
 *
 *   npm run build && node dist/evals/diagonal-acceleration.js [--seeds 51] [--out FILE]
 *
 * Prints how much lower the best value is, in powers of ten: the mean over seeds of the difference of log10, with its
 * standard error. Negative is better.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RandomStream } from "../src/math/random.js";
import { intoBox } from "../src/optimizers/cma-es/box-transform.js";
import { SearchDistribution } from "../src/optimizers/cma-es/search-distribution.js";
import { defaultPopulationSize } from "../src/optimizers/cma-es/strategy-parameters.js";
import { conditions } from "./bench/conditions.js";
import { plainTable } from "./bench/plain-table.js";
import { rounded } from "./bench/rounded.js";
import { type LandscapeName, landscape } from "./landscapes.js";
import { mean } from "./statistics/index.js";

const checkpoints = [30, 60, 120, 240, 500] as const;
const problems: readonly (readonly [name: LandscapeName, parameters: number, condition: number])[] = [
  ["sphere", 10, 1],
  ["ellipsoid", 5, 100],
  ["ellipsoid", 10, 100],
  ["ellipsoid", 20, 100],
  ["ellipsoid", 10, 10_000],
  ["rotated ellipsoid", 5, 100],
  ["rotated ellipsoid", 10, 100],
  ["rotated ellipsoid", 20, 100],
  ["rotated ellipsoid", 10, 10_000],
  ["rosenbrock", 5, 1],
  ["rosenbrock", 14, 1],
];

/** log10 of the best value after each checkpoint. */
function bestValues(
  name: LandscapeName,
  n: number,
  condition: number,
  seed: number,
  accelerateDiagonal: boolean,
): readonly number[] {
  const { objective } = landscape(name, n, seed, condition);
  const random = RandomStream.fromSeed(1000 + seed);
  const populationSize = defaultPopulationSize(n);
  const search = new SearchDistribution({
    mean: Array.from({ length: n }, () => 0.5),
    stepSize: Math.min(0.2, Math.max(0.08, 0.32 / Math.sqrt(n))),
    populationSize,
    convention: "pycma",
    accelerateDiagonal,
  });
  const found: number[] = [];
  let best = Number.POSITIVE_INFINITY;
  let evaluations = 0;
  while (found.length < checkpoints.length) {
    search.update(
      Array.from({ length: populationSize }, () => {
        const point = search.sample(random);
        const value = objective(
          Object.fromEntries(Array.from(point.numeric, (x, j) => [`p${j}`, intoBox(x)] as const)),
        );
        best = Math.min(best, value);
        evaluations += 1;
        if (checkpoints.some((checkpoint) => checkpoint === evaluations)) found.push(Math.log10(best + 1e-12));
        return { ...point, injected: false, evaluation: { kind: "value", value } as const };
      }),
    );
  }
  return found;
}

const { values: options } = parseArgs({
  options: { seeds: { type: "string", default: "51" }, out: { type: "string" } },
});
const seeds = Number(options.seeds);
const finish = conditions(`node dist/evals/diagonal-acceleration.js --seeds ${seeds}`);
const rows = problems.map(([name, parameters, condition]) => {
  const gains = Array.from({ length: seeds }, (_, seed) => {
    const plain = bestValues(name, parameters, condition, seed, false);
    return bestValues(name, parameters, condition, seed, true).map((value, k) => value - (plain[k] ?? Number.NaN));
  });
  const after = checkpoints.map((evaluations, k) => {
    const column = gains.map((gain) => gain[k] ?? Number.NaN);
    const average = mean(column);
    const variance = mean(column.map((value) => (value - average) ** 2));
    return { evaluations, gain: rounded(average), error: rounded(Math.sqrt(variance / (seeds - 1))) };
  });
  return { function: name, parameters, condition, after };
});
process.stdout.write(
  `${plainTable(
    ["function", "parameters", "condition", ...checkpoints.map((each) => `at ${each}`)],
    rows.map((row) => [
      row.function,
      row.parameters,
      row.condition,
      ...row.after.map(({ gain, error }) => `${gain.toFixed(2)} ± ${error.toFixed(2)}`),
    ]),
  )}\n`,
);
if (options.out !== undefined) {
  const unit = "difference of log10 of the best value, with minus without; mean over seeds and standard error";
  writeFileSync(options.out, `${JSON.stringify({ ...finish(), seeds, unit, rows }, null, 2)}\n`);
}

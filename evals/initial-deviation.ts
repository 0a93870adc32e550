/**
 * How far from the user's configuration should CMA-ES start to sample? Runs it on noisy valleys with 10 numeric and 2
 * categorical parameters whose optimum lies at a given distance from the default.
 *
 *   npm run build && node dist/evals/initial-deviation.js
 *
 * Prints the median true value of the best trial after 40, 100 and 300 trials, over 24 problems.
 */
import { RandomStream } from "../src/math/random.js";
import { optimizerFactory } from "../src/optimizers/index.js";
import { type Configuration, SearchSpace } from "../src/space/index.js";

const dimensions = 10;
const seeds = 24;
const noise = 0.02;
const checkpoints = [40, 100, 300] as const;
const names = Array.from({ length: dimensions }, (_, i) => `p${i}`);
const space = SearchSpace.from({
  parameters: [
    ...names.map((name) => ({ name, kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 }) as const),
    { name: "c0", kind: "categorical", choices: ["a", "b", "c"], default: "a" },
    { name: "c1", kind: "categorical", choices: ["a", "b"], default: "a" },
  ],
  constraints: [],
  derived: [],
});

/** A valley with unequal curvatures, a cliff on one side of each parameter, and a few interactions. */
function valley(seed: number, spread: number): (configuration: Configuration) => number {
  const random = RandomStream.fromSeed(seed);
  const optimum = names.map(() => Math.min(0.95, Math.max(0.05, 0.5 + spread * random.normal())));
  const weights = names.map(() => 10 ** (2 * random.uniform() - 1.5));
  const choices = [["a", "b", "c"][random.integer(3)], ["a", "b"][random.integer(2)]];
  const interactions = Array.from({ length: 5 }, () => ({
    i: random.integer(dimensions),
    j: random.integer(dimensions),
    size: 2 * Math.abs(2 * random.normal()),
  }));
  return (configuration) => {
    const away = names.map((name, i) => Number(configuration[name]) - optimum[i]!);
    let value = 0;
    for (const [i, d] of away.entries()) value += weights[i]! * (6 * d * d + (d > 0.3 ? 20 * (d - 0.3) ** 2 : 0));
    for (const { i, j, size } of interactions) value += size * Math.abs(away[i]! * away[j]!);
    if (configuration["c0"] !== choices[0]) value += 0.15;
    if (configuration["c1"] !== choices[1]) value += 0.15;
    return value;
  };
}

function trueBest(seed: number, spread: number, deviation: number): readonly number[] {
  const truth = valley(seed, spread);
  const random = RandomStream.fromSeed(1000 + seed);
  const measured = (configuration: Configuration): number => truth(configuration) + noise * random.normal();
  const start = space.defaults();
  const optimizer = optimizerFactory("cma-es:screening=false").create(space, {
    seed,
    start,
    initialDeviation: Object.fromEntries(names.map((name) => [name, deviation])),
  });
  let best = measured(start);
  let worth = truth(start);
  optimizer.tell({ configuration: start, evaluation: { kind: "value", value: best } });
  const found: number[] = [];
  for (let trial = 1; trial <= Math.max(...checkpoints); trial++) {
    const { id, configuration } = optimizer.ask();
    const value = measured(configuration);
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    if (value < best) {
      best = value;
      worth = truth(configuration);
    }
    if (checkpoints.some((each) => each === trial)) found.push(worth);
  }
  return found;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
process.stdout.write(
  `optimum's spread | deviation | default | ${checkpoints.map((each) => `at ${each}`).join(" | ")}\n`,
);
for (const spread of [0.1, 0.2, 0.3]) {
  const start = median(Array.from({ length: seeds }, (_, seed) => valley(seed, spread)(space.defaults())));
  for (const deviation of [0.05, 0.08, 0.1, 0.12, 0.16, 0.2, 0.3]) {
    const runs = Array.from({ length: seeds }, (_, seed) => trueBest(seed, spread, deviation));
    const columns = checkpoints.map((_, at) => median(runs.map((run) => run[at]!)).toFixed(3));
    process.stdout.write(`${spread} | ${deviation} | ${start.toFixed(3)} | ${columns.join(" | ")}\n`);
  }
}

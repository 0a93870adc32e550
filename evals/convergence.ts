/**
 * How many evaluations does the core of CMA-ES need, next to what other implementations need? The search distribution
 * runs on its own: unbounded, no restarts, default population, with both published sets of default parameters. And what
 * are the optimizer's settings for noise and restarts worth in studies of 100 to 2,000 trials?
 *
 *   npm run build && node dist/evals/convergence.js [FILE]
 *
 * Prints quartiles over 21 seeds and their ratio to the reference medians, then medians with each setting, and writes
 * all of it to FILE where one is given. Takes about three minutes.
 */
import { writeFileSync } from "node:fs";
import { RandomStream } from "../src/math/random.js";
import { type BenchmarkFunction, benchmarkFunctions } from "../src/optimizers/cma-es/benchmark-functions.js";
import { evaluationsToTarget, type Minimisation } from "../src/optimizers/cma-es/evaluations-to-target.js";
import { gridOf } from "../src/optimizers/cma-es/grid.js";
import { cmaEs } from "../src/optimizers/cma-es/index.js";
import { defaultPopulationSize, type ParameterConvention } from "../src/optimizers/cma-es/strategy-parameters.js";
import type { OptimizerSettings } from "../src/optimizers/index.js";
import { type Configuration, SearchSpace } from "../src/space/index.js";
import { conditions } from "./bench/conditions.js";
import { plainTable } from "./bench/plain-table.js";

const seeds = 21;
const conventions: readonly ParameterConvention[] = ["tutorial", "pycma"];

/**
 * Median evaluations to 1e-9 from 0.1 in every coordinate with step size 0.1, measured with pycma 4.4 and cmaes 0.13.1
 * (21 seeds up to ten dimensions, 7 in twenty), defaults, unbounded.
 */
const continuousReference: Readonly<
  Record<BenchmarkFunction, Readonly<Record<number, { pycma: number; cmaes: number }>>>
> = {
  sphere: { 5: { pycma: 552, cmaes: 576 }, 10: { pycma: 1180, cmaes: 1220 }, 20: { pycma: 2256, cmaes: 2244 } },
  ellipsoid: { 5: { pycma: 1344, cmaes: 1408 }, 10: { pycma: 3780, cmaes: 3930 }, 20: { pycma: 11952, cmaes: 12732 } },
  cigar: { 5: { pycma: 1576, cmaes: 1600 }, 10: { pycma: 3690, cmaes: 3860 }, 20: { pycma: 7620, cmaes: 7740 } },
  tablet: { 5: { pycma: 1136, cmaes: 1200 }, 10: { pycma: 2760, cmaes: 2910 }, 20: { pycma: 7092, cmaes: 7404 } },
  rosenbrock: { 5: { pycma: 1712, cmaes: 1664 }, 10: { pycma: 4880, cmaes: 4970 }, 20: { pycma: 15984, cmaes: 16548 } },
};

/** Coordinates of each kind, and the median evaluations to 1e-10 of the cmaes package, class CatCMAwM (21 seeds). */
const mixedReference = [
  { name: "SphereInt", numeric: 3, categorical: 0, condition: 1, catCmaWithMargin: 1161, cmaWithMargin: 1053 },
  { name: "SphereInt", numeric: 5, categorical: 0, condition: 1, catCmaWithMargin: 1940, cmaWithMargin: 1890 },
  { name: "EllipsoidInt", numeric: 3, categorical: 0, condition: 1e6, catCmaWithMargin: 1719, cmaWithMargin: 1710 },
  { name: "EllipsoidInt", numeric: 5, categorical: 0, condition: 1e6, catCmaWithMargin: 3400, cmaWithMargin: 3490 },
  { name: "SphereIntCOM", numeric: 3, categorical: 3, condition: 1, catCmaWithMargin: 1290, cmaWithMargin: undefined },
  { name: "SphereIntCOM", numeric: 5, categorical: 5, condition: 1, catCmaWithMargin: 2232, cmaWithMargin: undefined },
] as const;

interface Quartiles {
  readonly q1: number | null;
  readonly median: number | null;
  readonly q3: number | null;
  readonly arrived: number;
}

function quartiles(minimisation: Minimisation): Quartiles {
  const counts = Array.from({ length: seeds }, (_, seed) => evaluationsToTarget(minimisation, 1 + seed).evaluations);
  const sorted = counts.map((count) => count ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.round(share * (seeds - 1))] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(value) ? value : null;
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75), arrived: sorted.filter(Number.isFinite).length };
}

function continuous(name: BenchmarkFunction, n: number, convention: ParameterConvention): Minimisation {
  return {
    start: {
      mean: Array.from({ length: n }, () => 0.1),
      stepSize: 0.1,
      populationSize: defaultPopulationSize(n),
      convention,
    },
    objective: ({ numeric }) => benchmarkFunctions[name](Array.from(numeric)),
    target: 1e-9,
    most: 200 * n * n + 20_000,
  };
}

/** k continuous, k integer in [-10, 10] and possibly k categorical coordinates of five choices, from 3, step size 2. */
function mixed(k: number, categories: number, condition: number, convention: ParameterConvention): Minimisation {
  const integers = gridOf(Array.from({ length: 21 }, (_, value) => value - 10));
  const n = 2 * k;
  return {
    start: {
      mean: Array.from({ length: n }, () => 3),
      stepSize: 2,
      populationSize: defaultPopulationSize(n + categories),
      grids: Array.from({ length: n }, (_, j) => (j < k ? undefined : integers)),
      probabilities: Array.from({ length: categories }, () => [0.2, 0.2, 0.2, 0.2, 0.2]),
      convention,
    },
    objective: ({ numeric, categorical }) =>
      Array.from(numeric).reduce(
        (sum, v, j) => {
          const x = j < k ? v : Math.max(-10, Math.min(10, Math.round(v)));
          return sum + condition ** (j / (n - 1)) * x * x;
        },
        categorical.filter((choice) => choice !== 0).length,
      ),
    target: 1e-10,
    most: 20_000,
  };
}

/** Losses over [0, 1]^n of the distance to the optimum, about 1 where a parameter is 0.2 away. */
const losses = {
  sphere: (d: readonly number[]) => d.reduce((sum, v) => sum + 25 * v * v, 0),
  "ellipsoid, condition 100": (d: readonly number[]) =>
    d.reduce((sum, v, i) => sum + 2.5 * 100 ** (i / (d.length - 1)) * v * v, 0),
  /** Local minima every 0.2 of a range. */
  rastrigin: (d: readonly number[]) => d.reduce((sum, v) => sum + 25 * v * v + 2 * (1 - Math.cos(10 * Math.PI * v)), 0),
  /** A second, wider valley half a range away whose bottom is at 0.05. */
  "two valleys": (d: readonly number[]) =>
    Math.min(
      d.reduce((sum, v) => sum + 25 * v * v, 0),
      d.reduce((sum, v, i) => sum + 15 * (v - (i % 2 ? 0.5 : -0.5)) ** 2, 0.05),
    ),
} as const;
type Loss = keyof typeof losses;

interface Reached {
  /** True loss at the distribution's mean. */
  readonly mean: number;
  /** True loss of the trial that looked best; of repeated trials the average counts. */
  readonly best: number;
}

/** Runs the optimizer from the middle of the box towards an optimum that the seed draws, with Gaussian noise. */
function study(
  loss: Loss,
  n: number,
  noise: number,
  settings: OptimizerSettings,
  seed: number,
  checkpoints: readonly number[],
): readonly Reached[] {
  const space = SearchSpace.from({
    parameters: Array.from(
      { length: n },
      (_, i) => ({ kind: "float", name: `x${i}`, low: 0, high: 1, scale: "linear", default: 0.5 }) as const,
    ),
    constraints: [],
    derived: [],
  });
  const random = RandomStream.fromSeed(9000 + seed);
  const optimum = Array.from({ length: n }, () => 0.1 + 0.8 * random.uniform());
  const truth = (configuration: Configuration) =>
    losses[loss](Object.values(configuration).map((x, i) => Number(x) - (optimum[i] ?? 0)));
  const optimizer = cmaEs.create(space, { seed, start: space.defaults(), settings });
  const seen = new Map<string, { sum: number; count: number; truth: number }>();
  return Array.from({ length: Math.max(...checkpoints) }, (_, k) => k + 1).flatMap((trial) => {
    const { id, configuration } = optimizer.ask();
    const value = truth(configuration) + noise * random.normal();
    const key = space.key(configuration);
    const earlier = seen.get(key) ?? { sum: 0, count: 0, truth: truth(configuration) };
    seen.set(key, { ...earlier, sum: earlier.sum + value, count: earlier.count + 1 });
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    if (!checkpoints.includes(trial)) return [];
    const best = [...seen.values()].reduce((a, b) => (b.sum / b.count < a.sum / a.count ? b : a));
    const numeric = optimizer.view().numeric ?? [];
    return [{ mean: truth(Object.fromEntries(numeric.map(({ name, mean }) => [name, mean]))), best: best.truth }];
  });
}

const medianOf = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const rounded = (value: number) => Number(value.toPrecision(2));

const noiseTrials = [100, 200, 300, 500];
const noiseSeeds = 31;
function noiseRow(loss: Loss, n: number, noise: number, setting: string) {
  const runs = Array.from({ length: noiseSeeds }, (_, seed) =>
    study(loss, n, noise, { noise: setting }, seed, noiseTrials),
  );
  return {
    loss,
    n,
    noise,
    setting,
    mean: noiseTrials.map((_, k) => rounded(medianOf(runs.map((run) => run[k]?.mean ?? Number.NaN)))),
    best: noiseTrials.map((_, k) => rounded(medianOf(runs.map((run) => run[k]?.best ?? Number.NaN)))),
  };
}

const restartTrials = [300, 500, 2000];
const restartSettings: readonly OptimizerSettings[] = [
  { restarts: "none" },
  { restarts: "ipop", tolx: 1e-9 },
  { restarts: "ipop" },
  { restarts: "ipop", around: "uniform" },
  { restarts: "bipop" },
  { restarts: "bipop", around: "uniform" },
];
function restartRow(loss: Loss, n: number, settings: OptimizerSettings) {
  const runs = Array.from({ length: seeds }, (_, seed) => study(loss, n, 0, settings, seed, restartTrials));
  return {
    loss,
    n,
    settings,
    median: restartTrials.map((_, k) => rounded(medianOf(runs.map((run) => run[k]?.best ?? Number.NaN)))),
    global: restartTrials.map((_, k) => runs.filter((run) => (run[k]?.best ?? 1) < 0.01).length),
  };
}

const finish = conditions("node dist/evals/convergence.js evals/results/convergence.json");
const shown = ({ q1, median, q3 }: Quartiles) => [q1, median, q3].map((value) => value ?? "-").join("/");
const ratio = ({ median }: Quartiles, reference: number) => (median === null ? "-" : (median / reference).toFixed(3));

const dimensions = [5, 10, 20];
const continuousRows = (Object.keys(continuousReference) as BenchmarkFunction[]).flatMap((name) =>
  dimensions.map((n) => {
    const reference = continuousReference[name][n];
    const ours = Object.fromEntries(conventions.map((each) => [each, quartiles(continuous(name, n, each))]));
    return { function: name, n, ours, reference };
  }),
);
const mixedRows = mixedReference.map(({ name, numeric, categorical, condition, ...reference }) => ({
  function: name,
  continuous: numeric,
  integer: numeric,
  categorical,
  ours: Object.fromEntries(conventions.map((each) => [each, quartiles(mixed(numeric, categorical, condition, each))])),
  reference,
}));

const none: Quartiles = { q1: null, median: null, q3: null, arrived: 0 };
process.stdout.write(
  `Evaluations to 1e-9, q1/median/q3 over ${seeds} seeds; ratios of medians to those of pycma and of cmaes.\n\n`,
);
process.stdout.write(
  `${plainTable(
    ["function", "n", "tutorial", "/ pycma", "/ cmaes", "pycma's parameters", "/ pycma", "/ cmaes", "arrived"],
    continuousRows.map(({ function: name, n, ours, reference }) => {
      const { tutorial = none, pycma = none } = ours;
      const { pycma: ofPycma = Number.NaN, cmaes = Number.NaN } = reference ?? {};
      return [
        name,
        n,
        shown(tutorial),
        ratio(tutorial, ofPycma),
        ratio(tutorial, cmaes),
        shown(pycma),
        ratio(pycma, ofPycma),
        ratio(pycma, cmaes),
        `${tutorial.arrived}+${pycma.arrived} of ${2 * seeds}`,
      ];
    }),
  )}\n\nMixed problems to 1e-10; ratios of medians to those of cmaes' CatCMAwM.\n\n${plainTable(
    ["function", "coordinates", "tutorial", "/ CatCMAwM", "pycma's parameters", "/ CatCMAwM", "arrived"],
    mixedRows.map(({ function: name, continuous: k, categorical, ours, reference }) => {
      const { tutorial = none, pycma = none } = ours;
      return [
        name,
        `${k}+${k}+${categorical}`,
        shown(tutorial),
        ratio(tutorial, reference.catCmaWithMargin),
        shown(pycma),
        ratio(pycma, reference.catCmaWithMargin),
        `${tutorial.arrived}+${pycma.arrived} of ${2 * seeds}`,
      ];
    }),
  )}\n`,
);

const noiseRows = (["sphere", "ellipsoid, condition 100"] as const).flatMap((loss) =>
  [5, 10].flatMap((n) =>
    [0, 0.1, 0.5, 2].flatMap((noise) => ["none", "reevaluate"].map((setting) => noiseRow(loss, n, noise, setting))),
  ),
);
process.stdout.write(
  `\nNoise of that deviation on losses from about 5 down to 0, n parameters: median true loss over ${noiseSeeds} seeds after ${noiseTrials.join(", ")} trials.\n\n${plainTable(
    ["loss", "n", "noise", "setting", "at the mean", "of the trial that looked best"],
    noiseRows.map(({ loss, n, noise, setting, mean, best }) => [
      loss,
      n,
      noise,
      setting,
      mean.join(" / "),
      best.join(" / "),
    ]),
  )}\n`,
);

const restartRows = (["rastrigin", "two valleys", "ellipsoid, condition 100"] as const).flatMap((loss) =>
  [2, 5].flatMap((n) => restartSettings.map((settings) => restartRow(loss, n, settings))),
);
process.stdout.write(
  `\nRestarts: runs of ${seeds} below 0.01, and median loss, after ${restartTrials.join(", ")} trials.\n\n${plainTable(
    ["loss", "n", "settings", "below 0.01", "median"],
    restartRows.map(({ loss, n, settings, median, global }) => [
      loss,
      n,
      Object.values(settings).join(" "),
      global.join(" / "),
      median.join(" / "),
    ]),
  )}\n`,
);

const [file] = process.argv.slice(2);
if (file !== undefined) {
  const result = {
    ...finish(),
    seeds,
    unit: "evaluations",
    continuous: continuousRows,
    mixed: mixedRows,
    noise: noiseRows,
    restarts: restartRows,
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

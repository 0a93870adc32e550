/**
 * How long does an optimizer take to answer and to learn, and how does that grow with results and parameters?
 *
 *   npm run bench:optimizers [-- --optimizers cma-es,gp --results 30,100,300,1000 --parameters 5,14,40 --repetitions 30]
 *
 * One process, mixed spaces (floats linear and log, integers, powers, choices). The results before the measured ones
 * are asked for as long as that takes a second altogether, then they are random configurations. Also lets CMA-ES
 * without screening ask for and learn from 100,000 results and looks at the heap. Writes evals/results/bench-optimizers.json; ends with 1 where that
 * heap grows by more than 20 MB.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { packageRoot } from "../../src/llm/package-root.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { median } from "../../src/math/vector.js";
import { optimizerFactories, optimizerFactory } from "../../src/optimizers/index.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import { type Configuration, definitionFromFields, type ParameterFields, SearchSpace } from "../../src/space/index.js";
import { methodNames } from "../methods/method.js";
import { quantile } from "../statistics/index.js";
import { conditions } from "./conditions.js";
import { plainTable } from "./plain-table.js";
import { rounded } from "./rounded.js";

/** CMA-ES by itself. */
const unscreened = "cma-es:screening=false";

const { values: options } = parseArgs({
  options: {
    optimizers: { type: "string", default: [unscreened, ...optimizerFactories.map(({ name }) => name)].join(",") },
    results: { type: "string", default: "30,100,300,1000" },
    parameters: { type: "string", default: "5,14,40" },
    repetitions: { type: "string", default: "30" },
    tells: { type: "string", default: "100000" },
    output: { type: "string", default: join(packageRoot(), "evals", "results", "bench-optimizers.json") },
  },
});
const names = methodNames(options.optimizers);
const told = options.results.split(",").map(Number);
const parameterCounts = options.parameters.split(",").map(Number);
const repetitions = Number(options.repetitions);

/** Milliseconds for results that are asked for before a measurement, and for a measurement beyond its fifth repetition. */
const patience = { before: 1000, measuring: 4000 };
/** Megabytes of heap that many results may leave behind. */
const allowedGrowth = 20;

const kinds: readonly ParameterFields[] = [
  { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
  { type: "float", low: 0, high: 0.5, default: 0.1 },
  { type: "int", low: 1, high: 24, default: 6 },
  { type: "int", low: 16, high: 1024, powers_of: 2, default: 128 },
  { type: "categorical", choices: ["relu", "gelu", "silu"], default: "relu" },
];

function mixedSpace(parameters: number): SearchSpace {
  const fields = Array.from({ length: parameters }, (_, k) => [`p${k}`, kinds[k % kinds.length]] as const);
  return SearchSpace.from(
    definitionFromFields({
      parameters: Object.fromEntries(fields.flatMap(([name, field]) => (field ? [[name, field]] : []))),
    }),
  );
}

/** A noisy bowl. */
function objective(space: SearchSpace, configuration: Configuration, random: RandomStream): number {
  const { numeric, categorical } = space.encode(configuration);
  const bowl = numeric.reduce((sum, u, k) => sum + (u - 0.4) ** 2 / (1 + k), 0);
  return bowl + 0.05 * categorical.filter((choice) => choice !== 1).length + 0.005 * random.normal();
}

interface Spread {
  readonly median: number;
  readonly p95: number;
}

interface Row {
  readonly optimizer: string;
  readonly parameters: number;
  readonly results: number;
  readonly repetitions: number;
  /** Milliseconds. */
  readonly ask: Spread;
  readonly tell: Spread;
}

const spread = (values: readonly number[]): Spread => ({
  median: rounded(median(values), 3),
  p95: rounded(quantile(values, 0.95), 3),
});

function create(name: string, space: SearchSpace): Optimizer {
  return optimizerFactory(name).create(space, { seed: 1, start: space.defaults() });
}

function measure(name: string, parameters: number): readonly Row[] {
  const space = mixedSpace(parameters);
  const optimizer = create(name, space);
  const random = RandomStream.fromSeed(deriveSeed(1, name, parameters));
  const times = { ask: [] as number[], tell: [] as number[] };
  const step = (): void => {
    const start = performance.now();
    const { id, configuration } = optimizer.ask();
    const asked = performance.now();
    const value = objective(space, configuration, random);
    const before = performance.now();
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    times.tell.push(performance.now() - before);
    times.ask.push(asked - start);
  };
  const rows: Row[] = [];
  let count = 0;
  const begun = performance.now();
  for (const results of told) {
    for (; count < results; count++) {
      if (performance.now() - begun < patience.before || results - count <= 3) step();
      else {
        const configuration = space.sample(random);
        const value = objective(space, configuration, random);
        optimizer.tell({ configuration, evaluation: { kind: "value", value } });
      }
    }
    times.ask = [];
    times.tell = [];
    const since = performance.now();
    for (let k = 0; k < repetitions && (k < 5 || performance.now() - since < patience.measuring); k++, count++) step();
    rows.push({
      optimizer: name,
      parameters,
      results,
      repetitions: times.ask.length,
      ask: spread(times.ask),
      tell: spread(times.tell),
    });
  }
  return rows;
}

/** Heap in use after a collection, in megabytes. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function heapGrowth(name: string, tells: number) {
  const space = mixedSpace(14);
  const random = RandomStream.fromSeed(2);
  const optimizer = create(name, space);
  const step = (): void => {
    const { id, configuration } = optimizer.ask();
    const value = objective(space, configuration, random);
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
  };
  // What fills up to its bound has done so by then.
  for (let k = 0; k < 2000; k++) step();
  const before = heap();
  const begun = performance.now();
  for (let k = 0; k < tells; k++) step();
  const milliseconds = performance.now() - begun;
  const after = heap();
  return {
    optimizer: name,
    tells,
    milliseconds: rounded(milliseconds / tells, 4),
    heapBefore: rounded(before),
    heapAfter: rounded(after),
    stateCharacters: JSON.stringify(optimizer.state()).length,
  };
}

const measuredUnder = conditions("npm run bench:optimizers");
// One of each first, so that no row measures the compiler.
for (const name of names) {
  const space = mixedSpace(5);
  const optimizer = create(name, space);
  const random = RandomStream.fromSeed(3);
  const begun = performance.now();
  for (let k = 0; k < 200 && performance.now() - begun < patience.before; k++) {
    const { id, configuration } = optimizer.ask();
    const value = objective(space, configuration, random);
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
  }
}
const rows: Row[] = [];
for (const name of names) {
  for (const parameters of parameterCounts) rows.push(...measure(name, parameters));
  process.stderr.write(`${name} measured\n`);
}
const growth = heapGrowth(unscreened, Number(options.tells));
const result = { ...measuredUnder(), unit: "milliseconds", rows, heap: growth };
writeFileSync(options.output, `${JSON.stringify(result, null, 1)}\n`);
const cell = ({ median: middle, p95 }: Spread): string => `${middle.toFixed(2)} (${p95.toFixed(2)})`;
process.stdout.write(
  `${plainTable(
    ["optimizer", "parameters", "results", "ask", "tell"],
    rows.map((row) => [row.optimizer, row.parameters, row.results, cell(row.ask), cell(row.tell)]),
  )}\n\nms: median (95th percentile)\n${growth.optimizer}: ${growth.tells} more results, heap ${growth.heapBefore} MB before and ${growth.heapAfter} MB after, ${growth.milliseconds} ms each, state of ${growth.stateCharacters} characters\n`,
);
if (growth.heapAfter - growth.heapBefore > allowedGrowth) process.exitCode = 1;

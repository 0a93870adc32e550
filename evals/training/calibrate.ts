/**
 * Measures the unit of regret of the training benchmarks: what the best of 25 random configurations reaches.
 *
 *   npm run build && node dist/evals/training/calibrate.js [--draws 75] [--tasks training/]
 *
 * Prints it for `index.ts`, with the best value that was seen; tuning finds better ones.
 */
import { parseArgs } from "node:util";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { quantile } from "../statistics/index.js";
import { trainingBenchmark, trainingBenchmarks } from "./index.js";

const { values: options } = parseArgs({
  options: { draws: { type: "string", default: "75" }, tasks: { type: "string", default: "training/" } },
});
for (const { name } of trainingBenchmarks().benchmarks) {
  if (!name.includes(options.tasks)) continue;
  const benchmark = await trainingBenchmark(name);
  if (benchmark === undefined) continue;
  const random = RandomStream.fromSeed(deriveSeed(1, "calibrate", name));
  const values: number[] = [];
  for (let k = 0; k < Number(options.draws); k++) {
    const { evaluation } = await benchmark.evaluate(benchmark.space.sample(random), deriveSeed(k, name, "calibrate"));
    values.push(evaluation.kind === "value" ? evaluation.value : Number.POSITIVE_INFINITY);
  }
  // Half of all samples of 25 have a value below it.
  const bestOf25 = quantile(
    values.sort((a, b) => a - b),
    1 - 0.5 ** (1 / 25),
  );
  process.stdout.write(`${name}: best of 25 ${bestOf25}, smallest ${values[0]} of ${values.length}\n`);
}

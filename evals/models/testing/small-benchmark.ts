import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { definitionFromFields, SearchSpace } from "../../../src/space/index.js";
import type { Benchmark } from "../../tasks/task.js";

const space = SearchSpace.from(
  definitionFromFields({
    parameters: {
      learning_rate: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3, description: "step size" },
      width: { type: "int", low: 16, high: 512, powers_of: 2, default: 64, unit: "units" },
      heads: { type: "int", low: 1, high: 64, default: 4 },
      optimizer: { type: "categorical", choices: ["sgd", "adam"], default: "sgd" },
      momentum: { type: "float", low: 0, high: 0.99, default: 0.9, when: "optimizer == 'sgd'" },
      bias: { type: "boolean", default: true },
    },
    constraints: ["heads <= width"],
  }),
);

/** The best configuration; its numbers appear nowhere else. */
const optimum = { learning_rate: 0.0271828, width: 128, heads: 17, optimizer: "adam", bias: false };

/** A mixed, conditional, constrained problem; runs with a large learning rate diverge. */
export const smallBenchmark: Benchmark = {
  name: "test/small",
  space,
  start: space.defaults(),
  trials: 12,
  known: { best: 0, bestOf25: 1 },
  card: { text: "A small network on a toy problem.", metric: "loss", limits: { seconds: 600 } },
  optimum,
  evaluate(configuration, seed) {
    const { learning_rate: rate } = configuration;
    const measured = { cost: 10 };
    if (typeof rate === "number" && rate > 0.3) {
      return { evaluation: { kind: "failure", severity: 3, failure: "diverged" }, measured };
    }
    const noise = 0.01 * RandomStream.fromSeed(deriveSeed(seed, "noise")).normal();
    return { evaluation: { kind: "value", value: smallLoss(configuration) + noise }, measured };
  },
  trueValue: smallLoss,
};

function smallLoss(configuration: Readonly<Record<string, unknown>>): number {
  const rate = Math.log10(Number(configuration["learning_rate"]));
  const width = Math.log2(Number(configuration["width"]));
  const heads = Number(configuration["heads"]) / 64;
  const wrong = Number(configuration["optimizer"] === "sgd") + Number(configuration["bias"] === true);
  return 0.2 * (rate + 1.5657) ** 2 + 0.05 * (width - 7) ** 2 + 0.3 * (heads - 0.266) ** 2 + 0.1 * wrong;
}

import type { ObjectiveFunction } from "../../src/executors/index.js";
import { RandomStream } from "../../src/math/random.js";
import { definitionFromFields, SearchSpace, type SpaceDefinition } from "../../src/space/index.js";

/**
 * Fourteen parameters as a language model's training script has them: log and linear, integers on a grid of powers,
 * choices, one condition, one constraint, two derived quantities.
 */
export const trainingSpace: SpaceDefinition = definitionFromFields({
  parameters: {
    learning_rate: { type: "float", low: 3e-4, high: 3, scale: "log", default: 0.01 },
    optimizer: { type: "categorical", choices: ["adam", "sgd"], default: "adam" },
    momentum: { type: "float", low: 0.5, high: 0.99, default: 0.9, when: "optimizer == 'sgd'" },
    weight_decay: { type: "float", low: 1e-4, high: 1, scale: "log", default: 0.01 },
    batch_size: { type: "int", low: 16, high: 1024, powers_of: 2, default: 128 },
    context: { type: "int", low: 1, high: 8, default: 4 },
    buckets: { type: "int", low: 1024, high: 262_144, powers_of: 2, default: 4096 },
    width: { type: "int", low: 8, high: 256, powers_of: 2, default: 32 },
    depth: { type: "int", low: 1, high: 4, default: 2 },
    activation: { type: "categorical", choices: ["relu", "gelu", "tanh"], default: "tanh" },
    dropout: { type: "float", low: 0, high: 0.5, default: 0.1 },
    schedule: { type: "categorical", choices: ["constant", "linear", "cosine"], default: "constant" },
    warmup_fraction: { type: "float", low: 0, high: 0.5, default: 0.1 },
    clip_norm: { type: "float", low: 0.1, high: 10, scale: "log", default: 1 },
  },
  constraints: ["embedding_mb <= 4096"],
  derived: {
    embedding_mb: { formula: "16 * context * buckets * width / 2 ** 20", unit: "MB" },
    model_parameters: "context * buckets * width + (depth - 1) * width * width",
  },
});

const encoding = SearchSpace.from(trainingSpace);

/**
 * Returns at once, like a training run otherwise: a smooth valley whose axes lean on each other, choices that
 * matter, noise between seeds, and, a little above the best learning rate, runs that diverge, by the seed sooner or
 * later, so that failures do not end when the search has come near.
 */
export const trainingStandIn: ObjectiveFunction = (configuration, { seed }) => {
  const { numeric, categorical } = encoding.encode(configuration);
  const random = RandomStream.fromSeed(seed);
  if ((numeric[0] ?? 0) + 0.04 * random.normal() > 0.4) return Number.NaN;
  let loss = 2;
  for (const [index, value] of numeric.entries()) {
    const next = numeric[(index + 1) % numeric.length] ?? 0;
    loss += (value - 0.35 - 0.2 * (next - 0.5)) ** 2 / (1 + index);
  }
  for (const [index, choice] of categorical.entries()) loss += 0.05 * ((choice + index) % 3);
  return loss + 0.01 * random.normal();
};

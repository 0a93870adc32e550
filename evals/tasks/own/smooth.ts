import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import type { OwnTask } from "./own-task.js";
import { batchSize, decoupledWeightDecay, dropout, momentum, peakLearningRate } from "./parameters.js";

/** Everything near its optimum, equally important: the easiest thing there is. */
const sphere: OwnTask = {
  name: "sphere",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a classifier " +
      "over four settings of its training. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      learning_rate: peakLearningRate(),
      weight_decay: decoupledWeightDecay({ default: 1e-2 }),
      dropout: dropout(),
      label_smoothing: {
        type: "float",
        low: 0,
        high: 0.3,
        default: 0.1,
        description: "Share of the target that is spread over the other classes.",
      },
    },
  },
  loss: (at) =>
    0.4 +
    (at("learning_rate") - 0.63) ** 2 +
    (at("weight_decay") - 0.52) ** 2 +
    (at("dropout") - 0.37) ** 2 +
    (at("label_smoothing") - 0.21) ** 2,
};

/** Eight axes whose importance spans three orders of magnitude, with the optimum a fifth of the range away. */
const ellipsoidAxes = [
  ["learning_rate", 1e-5, 1e-1, 1e-3, 0.71, "Peak learning rate of the optimizer."],
  ["weight_decay", 1e-6, 1, 1e-2, 0.46, "Strength of decoupled weight decay."],
  ["epsilon", 1e-10, 1e-4, 1e-8, 0.58, "Constant that the optimizer adds to the denominator of its updates."],
  ["clip_norm", 0.01, 100, 1, 0.33, "Norm to which gradients are clipped."],
  ["warmup_steps", 10, 10_000, 500, 0.74, "Steps in which the learning rate rises to its peak."],
  ["final_learning_rate", 1e-3, 1, 0.1, 0.48, "Learning rate at the end of training, as a share of its peak."],
  ["embedding_scale", 1e-2, 10, 1, 0.82, "Factor on the embeddings at the start of training."],
  ["temperature", 0.1, 10, 1, 0.34, "Factor by which the logits are divided in the loss."],
] as const;
const ellipsoid: OwnTask = {
  name: "ellipsoid",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates a validation loss over eight " +
      "settings of a network's training. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: Object.fromEntries(
      ellipsoidAxes.map(([name, low, high, start, , description]) => [
        name,
        { type: "float" as const, low, high, scale: "log" as const, default: start, description },
      ]),
    ),
  },
  loss: (at) =>
    1.2 +
    ellipsoidAxes.reduce(
      (sum, [name, , , , optimum], k) => sum + 4 * 10 ** ((-3 * k) / 7) * (at(name) - optimum) ** 2,
      0,
    ),
};

/** A bent valley (after Rosenbrock 1960): each parameter's best value moves with the one before. */
const valleyNames = ["learning_rate", "batch_size", "momentum", "weight_decay", "dropout", "averaging"] as const;
const valley: OwnTask = {
  name: "valley",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates a validation loss of a network that " +
      "is trained by stochastic gradient descent. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      learning_rate: {
        type: "float",
        low: 1e-4,
        high: 1,
        scale: "log",
        default: 3e-3,
        description: "Learning rate of stochastic gradient descent.",
      },
      batch_size: batchSize("examples", { low: 16, high: 4096, scale: "log", default: 96 }),
      momentum: momentum({ low: 0.5, high: 0.999, default: 0.7 }),
      weight_decay: {
        type: "float",
        low: 1e-6,
        high: 1e-1,
        scale: "log",
        default: 1e-4,
        description: "Strength of the L2 penalty on weights.",
      },
      dropout: dropout({ high: 0.6 }),
      averaging: {
        type: "float",
        low: 0.9,
        high: 1,
        default: 0.92,
        description: "Decay of the running average of weights that is evaluated.",
        unit: "1/step",
      },
    },
  },
  loss: (at) => {
    const x = valleyNames.map((name) => 2 * at(name) - 0.4);
    let sum = 0;
    for (let k = 0; k + 1 < x.length; k++) sum += 8 * (x[k + 1]! - x[k]! ** 2) ** 2 + 0.2 * (1 - x[k]!) ** 2;
    return 0.9 + 0.1 * sum;
  },
};

/** No parameter can be tuned on its own: a random rotation of an ellipsoid of condition 300. */
const rotatedNames = Array.from({ length: 10 }, (_, k) => `scale_${k}`);
const rotation = orthogonal(rotatedNames.length, 11);
const rotated: OwnTask = {
  name: "rotated",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. Its ten parameters are scales and offsets " +
      "without further meaning. There is no noise.",
    metric: "loss",
    limits: {},
  },
  space: {
    parameters: Object.fromEntries(
      rotatedNames.map((name, k) => [
        name,
        k % 2 === 0
          ? {
              type: "float" as const,
              low: 1e-3,
              high: 1e3,
              scale: "log" as const,
              default: 1,
              description: "A factor.",
            }
          : { type: "float" as const, low: -1, high: 1, default: 0, description: "An offset." },
      ]),
    ),
  },
  loss: (at) => {
    const away = rotatedNames.map((name, k) => at(name) - (k % 3 === 0 ? 0.63 : 0.41));
    return (
      2 +
      rotation.reduce(
        (sum, row, k) => sum + 300 ** (-k / 9) * row.reduce((dot, entry, i) => dot + entry * away[i]!, 0) ** 2,
        0,
      )
    );
  },
};

/** Twelve parameters of which three matter, one pair of them together (Bergstra and Bengio 2012). */
const fewMatter: OwnTask = {
  name: "few-matter",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. Its twelve options have no further meaning. " +
      "There is no noise.",
    metric: "loss",
    limits: {},
  },
  space: {
    parameters: Object.fromEntries(
      Array.from({ length: 12 }, (_, k) => [
        `option_${k}`,
        {
          type: "float" as const,
          low: 1e-4,
          high: 1,
          scale: "log" as const,
          default: 1e-2,
          description: "Strength of an option.",
        },
      ]),
    ),
  },
  loss: (at) => {
    const [a, b, c] = [at("option_2") - 0.82, at("option_5") - 0.24, at("option_9") - 0.61];
    return 0.3 + 1.5 * a ** 2 + b ** 2 + 1.6 * a * b + 0.5 * Math.abs(c) + 1e-3 * at("option_0");
  },
};

/** Several basins: a broad one around the default and ripples with better ones inside it (after Rastrigin 1974). */
const ripplesNames = ["learning_rate", "weight_decay", "augmentation", "mixup", "cutout", "depth_drop"] as const;
const ripples: OwnTask = {
  name: "ripples",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of an image " +
      "classifier over settings of regularisation. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      learning_rate: peakLearningRate({ default: 3e-4 }),
      weight_decay: decoupledWeightDecay(),
      augmentation: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.5,
        description: "Strength of random changes of colour and geometry; 0 is none.",
      },
      mixup: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.2,
        description: "Share of batches in which pairs of images are mixed.",
      },
      cutout: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.5,
        description: "Share of images of which a square is erased.",
      },
      depth_drop: {
        type: "float",
        low: 0,
        high: 0.5,
        default: 0.1,
        description: "Probability with which a residual block is skipped in training.",
      },
    },
  },
  loss: (at) =>
    0.7 +
    ripplesNames.reduce((sum, name, k) => {
      const away = at(name) - (0.35 + 0.06 * k);
      return sum + away ** 2 + 0.012 * (1 - Math.cos(8 * Math.PI * away));
    }, 0),
};

/** Orthonormal rows by Gram and Schmidt, of normal numbers. */
function orthogonal(size: number, seed: number): readonly (readonly number[])[] {
  const random = RandomStream.fromSeed(deriveSeed(seed, "rotation"));
  const rows: number[][] = [];
  while (rows.length < size) {
    let row = Array.from({ length: size }, () => random.normal());
    for (const earlier of rows) {
      const along = row.reduce((sum, entry, i) => sum + entry * earlier[i]!, 0);
      row = row.map((entry, i) => entry - along * earlier[i]!);
    }
    const length = Math.hypot(...row);
    rows.push(row.map((entry) => entry / length));
  }
  return rows;
}

export const smoothTasks: readonly OwnTask[] = [sphere, ellipsoid, valley, rotated, fewMatter, ripples];

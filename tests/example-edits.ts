import { type CoderTurn, submit } from "./coder-server.js";

/*
 * Edits of the examples' training code as an engineer would try them, good and bad, written by hand. A scripted coder
 * plays them; no language model has made them.
 */

const averaging = submit({
  summary: "average the weights over the last part of the run",
  hypothesis:
    "With six epochs at a high rate the weights still move from batch to batch; their mean is nearer to a minimum.",
  expected: 1,
  edits: [
    {
      kind: "replace",
      path: "train.py",
      search: "EPOCHS = 20\n",
      replace: "EPOCHS = 20\nAVERAGE_FROM = 0.6  # share of the run after which the weights are averaged\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "    learning_rate = LEARNING_RATE\n",
      replace:
        "    learning_rate = LEARNING_RATE\n    average = Average(layers, AVERAGE_FROM * options.epochs * math.ceil(len(training) / BATCH_SIZE))\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "train_loss = train_epoch(layers, training, learning_rate, rng)",
      replace: "train_loss = train_epoch(layers, training, learning_rate, rng, average)",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "        learning_rate *= LR_DECAY\n",
      replace: "        learning_rate *= LR_DECAY\n    average.use()\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "def train_epoch(layers, training, learning_rate, rng):\n",
      replace: `class Average:
    """Mean of the weights over all steps after the first ones."""

    def __init__(self, layers, skipped):
        self.layers, self.skipped, self.count = layers, skipped, 0
        self.sums = [[[0.0] * len(row) for row in layer["weights"]] for layer in layers]

    def add(self):
        self.skipped -= 1
        if self.skipped < 0:
            self.count += 1
            for sums, layer in zip(self.sums, self.layers):
                sums[:] = [[s + w for s, w in zip(*rows)] for rows in zip(sums, layer["weights"])]

    def use(self):
        if self.count:
            for sums, layer in zip(self.sums, self.layers):
                layer["weights"] = [[s / self.count for s in row] for row in sums]


def train_epoch(layers, training, learning_rate, rng, average):
`,
    },
    {
      kind: "replace",
      path: "train.py",
      search: "            step(layer, gradient, learning_rate, len(batch))\n",
      replace: "            step(layer, gradient, learning_rate, len(batch))\n        average.add()\n",
    },
  ],
  declares: [
    {
      name: "AVERAGE_FROM",
      type: "float",
      low: 0.2,
      high: 0.95,
      default: 0.6,
      meaning: "Share of the run after which the weights are averaged.",
    },
  ],
});

const cosine = submit({
  parent: "v1",
  summary: "let the learning rate fall along half a cosine over the epochs",
  hypothesis: "Large steps early and small ones late usually end lower than a constant rate.",
  expected: 0.5,
  edits: [
    {
      kind: "replace",
      path: "train.py",
      search: "EPOCHS = 20\n",
      replace: "EPOCHS = 20\nFINAL_RATE = 0.1  # learning rate of the last epoch, relative to the first\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "        learning_rate *= LR_DECAY\n",
      replace: `        progress = epoch / max(1, options.epochs - 1)
        learning_rate = LEARNING_RATE * (FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * progress)))
`,
    },
  ],
  declares: [
    {
      name: "FINAL_RATE",
      type: "float",
      low: 0.01,
      high: 1,
      scale: "log",
      default: 0.1,
      meaning: "Learning rate of the last epoch, relative to the first.",
    },
  ],
});

const shifting = submit({
  parent: "v1",
  summary: "shift half of the training images by a pixel",
  hypothesis: "Other writers place their digits differently; shifted copies are more data.",
  expected: 0.5,
  edits: [
    {
      kind: "replace",
      path: "train.py",
      search: "            total += add_gradients(layers, gradients, pixels, label)\n",
      replace: "            total += add_gradients(layers, gradients, shifted(pixels, rng), label)\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "def forward(layers, pixels):\n",
      replace: `def shifted(pixels, rng):
    """The image, or one that is moved by a pixel in one of four directions."""
    dx, dy = rng.choice([(0, 0), (0, 0), (0, 0), (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)])
    inside = range(SIDE)
    return [
        pixels[SIDE * (y - dy) + x - dx] if y - dy in inside and x - dx in inside else 0.0 for y in inside for x in inside
    ]


def forward(layers, pixels):
`,
    },
  ],
});

/** The first submission does not apply: it has the function as it is in another script. */
const smoothingFrom = (search: string) =>
  submit({
    parent: "v1",
    summary: "smooth the labels",
    hypothesis: "600 images are learned by heart; targets short of certainty keep the scores moderate.",
    expected: 0.2,
    edits: [
      {
        kind: "replace",
        path: "train.py",
        search: "EPOCHS = 20\n",
        replace: "EPOCHS = 20\nSMOOTHING = 0.05  # part of the target that is spread over all classes\n",
      },
      {
        kind: "replace",
        path: "train.py",
        search,
        replace:
          "    errors = [p - SMOOTHING / CLASSES for p in probabilities]\n    errors[label] -= 1.0 - SMOOTHING\n",
      },
    ],
    declares: [
      {
        name: "SMOOTHING",
        type: "float",
        low: 0,
        high: 0.3,
        default: 0.05,
        meaning: "Part of the target that is spread over all classes.",
      },
    ],
  });

const exactSums = submit({
  parent: "v1",
  summary: "add up the loss without rounding errors",
  hypothesis: "An exact sum of the losses is less noisy.",
  expected: 0.05,
  edits: [
    {
      kind: "replace",
      path: "train.py",
      search: "    total = 0.0\n    for start",
      replace: "    losses = []\n    for start",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "            total += add_gradients(layers, gradients, pixels, label)\n",
      replace: "            losses.append(add_gradients(layers, gradients, pixels, label))\n",
    },
    {
      kind: "replace",
      path: "train.py",
      search: "    return total / len(order)\n",
      replace: "    return math.fsum(losses) / len(order)\n",
    },
  ],
});

export const digitsTurns: readonly CoderTurn[] = [
  [averaging],
  [cosine],
  [shifting],
  [
    smoothingFrom("    errors = probabilities.copy()\n    errors[label] -= 1.0\n"),
    smoothingFrom("    errors = probabilities[:]\n    errors[label] -= 1.0\n"),
  ],
  [exactSums],
];

const checkpoints = submit({
  parent: "v1",
  summary: "end with the mean of the last checkpoints",
  hypothesis: "At a constant rate the weights keep moving around a minimum; the mean of eight points is nearer to it.",
  expected: 0.08,
  edits: [
    {
      kind: "replace",
      path: "train.mjs",
      search: "  warmup_fraction: {",
      replace:
        '  average_from: { value: 0.6, check: fraction, help: "share of the run after which checkpoints are averaged" },\n  warmup_fraction: {',
    },
    {
      kind: "replace",
      path: "train.mjs",
      search: "  const recent = [];\n",
      replace:
        "  const recent = [];\n  const sums = [...model.parameters()].map(([, { value }]) => new Float32Array(value.length));\n  let checkpoints = 0;\n",
    },
    {
      kind: "replace",
      path: "train.mjs",
      search: "    recent.push(loss);\n",
      replace: `    recent.push(loss);
    const late = (step / steps - options.average_from) / (1 - options.average_from);
    if (late > 0 && Math.floor(late * 8) > checkpoints - 1 && checkpoints < 8) {
      checkpoints++;
      [...model.parameters()].forEach(([, { value }], i) => value.forEach((each, j) => (sums[i][j] += each)));
    }
`,
    },
    {
      kind: "replace",
      path: "train.mjs",
      search: "  const final = evaluate",
      replace: `  if (checkpoints > 0) {
    [...model.parameters()].forEach(([, { value }], i) => sums[i].forEach((sum, j) => (value[j] = sum / checkpoints)));
  }
  const final = evaluate`,
    },
  ],
  declares: [
    {
      name: "average_from",
      type: "float",
      low: 0.2,
      high: 0.9,
      default: 0.6,
      meaning: "Share of the run after which checkpoints are averaged.",
    },
  ],
});

const firstMoment = submit({
  summary: "make the decay of Adam's first moment a parameter",
  hypothesis: "A run of some hundred steps may want a shorter memory of gradients than 0.9.",
  expected: 0.05,
  edits: [
    {
      kind: "replace",
      path: "train.mjs",
      search: "  warmup_fraction: {",
      replace:
        '  beta1: { value: 0.9, check: fraction, help: "decay of the first moment of adam" },\n  warmup_fraction: {',
    },
    {
      kind: "replace",
      path: "train.mjs",
      search: "function adam({ weight_decay: decay }, rate, step) {\n  const beta1 = 0.9;\n",
      replace: "function adam({ weight_decay: decay, beta1 }, rate, step) {\n",
    },
  ],
  declares: [
    { name: "beta1", type: "float", low: 0.4, high: 0.95, default: 0.9, meaning: "Decay of the first moment of adam." },
  ],
});

const consecutive = submit({
  parent: "v1",
  summary: "learn from consecutive characters in each batch",
  hypothesis: "Neighbouring positions share rows of the table, which is kinder to the cache.",
  expected: 0.01,
  edits: [
    {
      kind: "replace",
      path: "train.mjs",
      search:
        "    for (let i = 0; i < size; i++) positions[i] = context + Math.floor(random() * (text.training.length - context));\n",
      replace:
        "    const start = context + Math.floor(random() * (text.training.length - context - size));\n    for (let i = 0; i < size; i++) positions[i] = start + i;\n",
    },
  ],
});

/** The first submission does not apply: there is no such line. */
const biasAfter = (search: string) =>
  submit({
    parent: "v1",
    summary: "start the output bias at the frequencies of the characters",
    hypothesis: "The first steps then need not learn which characters are common.",
    expected: 0.02,
    edits: [
      {
        kind: "replace",
        path: "train.mjs",
        search,
        replace: `${search}  const counts = new Float64Array(text.classes).fill(1);
  for (const code of text.training) counts[code]++;
  counts.forEach((count, code) => (model.outputBias.value[code] = Math.log(count / text.training.length)));
`,
      },
    ],
  });

const clearedName = submit({
  parent: "v1",
  summary: "compute the mean of losses with a loop",
  hypothesis: "Nothing changes but the time, if at all.",
  expected: 0,
  edits: [
    {
      kind: "function",
      path: "train.mjs",
      name: "mean",
      text: "function mean(numbers) {\n  let sum = 0;\n  for (const number of numbers) sum += number;\n  return sum / numbers.length;\n}",
    },
  ],
});

export const charLmTurns: readonly CoderTurn[] = [
  [firstMoment],
  [checkpoints],
  [consecutive],
  [biasAfter("  const losses = [];\n"), biasAfter("  const recent = [];\n")],
  [clearedName],
];

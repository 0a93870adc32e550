/**
 * Trains a small character-level language model on Jane Austen's "Persuasion" and prints how well it predicts text
 * that it has not seen, in bits per byte (val_bpb, lower is better).
 *
 *   node train.mjs --learning_rate=0.01 --width=128 --seed=1
 *
 * Every run spends the same amount of arithmetic (--compute): a larger model sees fewer tokens. The result depends on
 * the flags and the seed alone, not on how fast the machine is.
 */
import { readFileSync } from "node:fs";
import {
  describeFlags,
  FlagError,
  fraction,
  integer,
  notNegative,
  positive,
  positiveInteger,
  readFlags,
} from "./flags.mjs";
import { NgramModel } from "./model.mjs";
import { uniformNumbers } from "./random.mjs";

const flags = {
  learning_rate: { value: 0.01, check: positive, help: "largest step size of the run" },
  optimizer: { value: "adam", choices: ["adam", "sgd"] },
  momentum: { value: 0.9, check: fraction, help: "of sgd; adam does not use it" },
  weight_decay: { value: 0.01, check: notNegative, help: "shrinks weights by learning rate times this in each step" },
  batch_size: { value: 128, check: positiveInteger, help: "tokens in each step" },
  context: { value: 4, check: positiveInteger, help: "characters the model looks back" },
  buckets: { value: 4096, check: positiveInteger, help: "rows of the embedding table for each n-gram length" },
  width: { value: 32, check: positiveInteger, help: "units in each hidden layer" },
  depth: { value: 2, check: positiveInteger, help: "hidden layers" },
  activation: { value: "tanh", choices: ["relu", "gelu", "tanh"] },
  dropout: { value: 0.1, check: fraction, help: "share of hidden units dropped in training" },
  schedule: { value: "constant", choices: ["constant", "linear", "cosine"] },
  warmup_fraction: { value: 0, check: fraction, help: "share of the run in which the learning rate rises" },
  compute: { value: 6, check: positive, help: "arithmetic to spend on training, in billions of operations" },
  seed: { value: 0, check: integer, help: "of the initial weights, the batches and dropout" },
};

function main(args) {
  if (args.includes("--help")) return print(`node train.mjs [--name=value ...]\n${describeFlags(flags)}`);
  const options = readFlags(flags, args);
  const text = readText(new URL("data/persuasion.txt", import.meta.url));
  const random = uniformNumbers(options.seed);
  const model = new NgramModel({ ...options, classes: text.classes }, random);
  print(`parameters: ${model.size}`);
  const tokens = train(model, text, options, random);
  print(`tokens: ${tokens}`);
  print(`peak_memory_mb: ${Math.round(process.resourceUsage().maxRSS / 1024)}`);
}

/** Trains until the arithmetic is spent; returns the number of tokens seen. */
function train(model, text, options, random) {
  const { batch_size: size, context, dropout } = options;
  const steps = Math.max(1, Math.floor((options.compute * 1e9) / model.operationsPerStep(size)));
  const change = options.optimizer === "adam" ? adam : sgd;
  const batch = model.newBatch(size);
  const positions = new Int32Array(size);
  const recent = [];
  for (let step = 1; step <= steps; step++) {
    for (let i = 0; i < size; i++) positions[i] = context + Math.floor(random() * (text.training.length - context));
    const loss = model.forward(batch, text.training, positions, dropout);
    if (!Number.isFinite(loss)) print(`step ${step} train_bpb: ${loss}`);
    requireFinite(loss, "training loss", step, steps);
    model.backward(batch, text.training, positions);
    model.update(change(options, learningRate(options, step, steps), step));
    recent.push(loss);
    if (endsPart(step, steps, 20)) {
      print(`step ${step} train_bpb: ${mean(recent).toFixed(4)}`);
      recent.length = 0;
    }
    if (step < steps && endsPart(step, steps, 5)) {
      print(`step ${step} val_bpb: ${evaluate(model, text.validation, 1024).toFixed(4)}`);
    }
  }
  const final = evaluate(model, text.validation, 8192);
  print(`step ${steps} val_bpb: ${final.toFixed(4)}`);
  requireFinite(final, "validation loss", steps, steps);
  return steps * size;
}

function requireFinite(loss, name, step, steps) {
  if (!Number.isFinite(loss)) throw new Diverged(`the run has diverged: ${name} ${loss} at step ${step} of ${steps}`);
}

/** Mean bits per byte over `tokens` positions spread evenly across the text. */
function evaluate(model, text, tokens) {
  const batch = model.newBatch(256);
  const positions = new Int32Array(batch.size);
  const stride = (text.length - model.context) / tokens;
  const losses = [];
  for (let start = 0; start < tokens; start += positions.length) {
    for (let i = 0; i < positions.length; i++) positions[i] = model.context + Math.floor((start + i) * stride);
    losses.push(model.forward(batch, text, positions, 0));
  }
  return mean(losses);
}

/** Rises to the peak during warm-up, then stays or falls towards zero. */
function learningRate(options, step, steps) {
  const warmup = Math.round(options.warmup_fraction * steps);
  if (step <= warmup) return (options.learning_rate * step) / warmup;
  const done = (step - 1 - warmup) / Math.max(1, steps - warmup);
  if (options.schedule === "linear") return options.learning_rate * (1 - done);
  if (options.schedule === "cosine") return options.learning_rate * 0.5 * (1 + Math.cos(Math.PI * done));
  return options.learning_rate;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
function adam({ weight_decay: decay }, rate, step) {
  const beta1 = 0.9;
  const beta2 = 0.99;
  const scale = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
  return ({ value, gradient, firstMoment, secondMoment }, from, to) => {
    for (let i = from; i < to; i++) {
      const g = gradient[i];
      const m = beta1 * firstMoment[i] + (1 - beta1) * g;
      const v = beta2 * secondMoment[i] + (1 - beta2) * g * g;
      firstMoment[i] = m;
      secondMoment[i] = v;
      value[i] -= (scale * m) / (Math.sqrt(v) + 1e-8) + rate * decay * value[i];
    }
  };
}

function sgd({ momentum, weight_decay: decay }, rate) {
  return ({ value, gradient, firstMoment }, from, to) => {
    for (let i = from; i < to; i++) {
      firstMoment[i] = momentum * firstMoment[i] + gradient[i];
      value[i] -= rate * (firstMoment[i] + decay * value[i]);
    }
  };
}

/** Character codes of the text in blocks: every tenth of 40 is for validation, the others are for training. */
function readText(file) {
  const text = readFileSync(file, "latin1");
  const vocabulary = [...new Set(text)].sort();
  const codeOf = new Map(vocabulary.map((character, code) => [character, code]));
  const codes = Uint8Array.from(text, (character) => codeOf.get(character));
  const training = [];
  const validation = [];
  const blocks = 40;
  for (let block = 0; block < blocks; block++) {
    const part = codes.subarray(
      Math.floor((codes.length * block) / blocks),
      Math.floor((codes.length * (block + 1)) / blocks),
    );
    (block % 10 === 9 ? validation : training).push(part);
  }
  // One class more than there are characters does no harm, and multiples of four are what the matrix product is best at.
  const classes = (vocabulary.length + 3) & ~3;
  return { training: Buffer.concat(training), validation: Buffer.concat(validation), classes };
}

/** True where the step is the last of one of `parts` equal parts of the run. */
function endsPart(step, steps, parts) {
  return Math.floor((step * parts) / steps) > Math.floor(((step - 1) * parts) / steps);
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

class Diverged extends Error {}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof FlagError || error instanceof Diverged)) throw error;
  process.stderr.write(`train.mjs: ${error.message}\n`);
  process.exitCode = error instanceof FlagError ? 2 : 1;
}

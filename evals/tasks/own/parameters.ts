import type { ParameterFields } from "../../../src/space/index.js";

/** Parameters that several tasks have, each task with a range of its own. */

type Numeric = Extract<ParameterFields, { readonly type: "float" | "int" }>;
type Float = Extract<Numeric, { readonly type: "float" }>;
type Int = Extract<Numeric, { readonly type: "int" }>;
/** What is a task's own about a parameter. */
type FloatRange = Partial<Pick<Float, "low" | "high" | "default" | "step" | "when">>;
type IntRange = Pick<Int, "low" | "high" | "default" | "step" | "powers_of" | "scale">;

export const peakLearningRate = (range: FloatRange = {}): Float => ({
  type: "float",
  ...{ low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
  description: "Peak learning rate of the optimizer.",
  ...range,
});

export const weightDecay = (range: FloatRange = {}): Float => ({
  type: "float",
  ...{ low: 1e-6, high: 1, scale: "log", default: 1e-3 },
  description: "Strength of weight decay.",
  ...range,
});

export const decoupledWeightDecay = (range: FloatRange = {}): Float => ({
  ...weightDecay(range),
  description: "Strength of decoupled weight decay.",
});

export const dropout = (range: FloatRange = {}): Float => ({
  type: "float",
  ...{ low: 0, high: 0.5, default: 0.1 },
  description: "Probability with which a unit is dropped in training.",
  ...range,
});

export const momentum = (range: FloatRange = {}): Float => ({
  type: "float",
  ...{ low: 0, high: 0.99, default: 0.9 },
  description: "Momentum of stochastic gradient descent.",
  ...range,
});

export const warmup = (range: FloatRange = {}): Float => ({
  type: "float",
  ...{ low: 0, high: 0.4, default: 0.05 },
  description: "Share of training in which the learning rate rises to its peak.",
  ...range,
});

export const batchSize = (unit: "examples" | "sequences", range: IntRange): Int => ({
  type: "int",
  ...range,
  description: unit === "examples" ? "Examples in one step." : "Sequences in one step.",
  unit,
});

export const transformerDepth = (range: IntRange): Int => ({
  type: "int",
  ...range,
  description: "Number of transformer layers.",
  unit: "layers",
});

export const aspectRatio = (range: IntRange): Int => ({
  type: "int",
  ...range,
  description: "Width for each layer of depth, before the width is rounded up to a multiple of the head size.",
});

export const headSize = (range: IntRange): Int => ({
  type: "int",
  ...range,
  description: "Width of one attention head.",
});

export const residualWidth = (range: IntRange): Int => ({
  type: "int",
  ...range,
  description: "Width of the residual stream.",
});

export const contextLength = (range: IntRange): Int => ({
  type: "int",
  ...range,
  description: "Length of training sequences.",
  unit: "tokens",
});

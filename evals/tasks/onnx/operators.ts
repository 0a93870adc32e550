import { sizeOf, type Tensor, tensor } from "./tensor.js";

/** Attributes of one node: numbers, lists of integers, or a constant. */
export type Attributes = ReadonlyMap<string, number | readonly number[] | Tensor>;

export type Operator = (inputs: readonly Tensor[], attributes: Attributes) => Tensor;

/** The operators (ONNX, operator set 13) that feed-forward networks over tables are made of. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Neg: unary((x) => -x),
  Relu: unary((x) => (x > 0 ? x : 0)),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Cast: castTo,
  Constant: (_, attributes) => tensorAttribute(attributes, "value"),
  Shape: ([x]) => tensor([required(x).shape.length], Float32Array.from(required(x).shape), true),
  Unsqueeze: unsqueeze,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
};

function required(input: Tensor | undefined): Tensor {
  if (input === undefined) throw new Error("A node of the graph lacks an input.");
  return input;
}

function numberAttribute(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes.get(name);
  return typeof value === "number" ? value : otherwise;
}

function tensorAttribute(attributes: Attributes, name: string): Tensor {
  const value = attributes.get(name);
  if (value === undefined || typeof value === "number" || !("data" in value)) {
    throw new Error(`A node of the graph lacks the tensor ${name}.`);
  }
  return value;
}

function unary(apply: (x: number) => number): Operator {
  return ([input]) => {
    const { shape, data, integer } = required(input);
    return tensor(shape, data.map(apply), integer);
  };
}

/** Of equal shapes, or where one side has a single entry. */
function binary(apply: (a: number, b: number) => number): Operator {
  return ([first, second]) => {
    const [a, b] = [required(first), required(second)];
    const larger = a.data.length >= b.data.length ? a : b;
    if (a.data.length !== b.data.length && Math.min(a.data.length, b.data.length) !== 1) {
      throw new Error(`Shapes ${a.shape} and ${b.shape} do not fit each other.`);
    }
    const integer = a.integer && b.integer;
    const data = new Float32Array(larger.data.length);
    for (let i = 0; i < data.length; i++) {
      const value = apply(a.data[a.data.length === 1 ? 0 : i]!, b.data[b.data.length === 1 ? 0 : i]!);
      data[i] = integer ? Math.trunc(value) : value;
    }
    return tensor(larger.shape, data, integer);
  };
}

/** Element types of ONNX: 6 and 7 are integers; 1 and 11, single and double precision, are one here. */
function castTo([input]: readonly Tensor[], attributes: Attributes): Tensor {
  const { shape, data, integer } = required(input);
  const to = numberAttribute(attributes, "to", 1);
  const toInteger = to === 6 || to === 7;
  return tensor(shape, toInteger && !integer ? data.map(Math.trunc) : data, toInteger);
}

function unsqueeze([input, axes]: readonly Tensor[]): Tensor {
  const { shape, data, integer } = required(input);
  const inserted = new Set(required(axes).data);
  const kept = [...shape];
  const rank = shape.length + inserted.size;
  return tensor(
    Array.from({ length: rank }, (_, axis) => (inserted.has(axis) ? 1 : (kept.shift() ?? 1))),
    data,
    integer,
  );
}

function gather([input, indices]: readonly Tensor[], attributes: Attributes): Tensor {
  const x = required(input);
  const at = required(indices);
  const axis = numberAttribute(attributes, "axis", 0);
  const length = x.shape[axis] ?? 0;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const data = new Float32Array(outer * at.data.length * inner);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < at.data.length; k++) {
      const index = at.data[k]! < 0 ? at.data[k]! + length : at.data[k]!;
      if (!(index >= 0 && index < length)) throw new Error(`Index ${index} lies outside of ${length}.`);
      const from = (o * length + index) * inner;
      data.set(x.data.subarray(from, from + inner), (o * at.data.length + k) * inner);
    }
  }
  return tensor([...x.shape.slice(0, axis), ...at.shape, ...x.shape.slice(axis + 1)], data, x.integer);
}

function concat(inputs: readonly Tensor[], attributes: Attributes): Tensor {
  const first = required(inputs[0]);
  const axis = numberAttribute(attributes, "axis", 0);
  const outer = sizeOf(first.shape.slice(0, axis));
  const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const shape = first.shape.map((length, k) => (k === axis ? total : length));
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const input of inputs) {
      const row = input.data.length / outer;
      data.set(input.data.subarray(o * row, (o + 1) * row), at);
      at += row;
    }
  }
  return tensor(shape, data, first.integer);
}

/** One axis, step one. */
function slice([input, starts, ends, axes]: readonly Tensor[]): Tensor {
  const x = required(input);
  const given = required(axes).data[0] ?? 0;
  const axis = given < 0 ? given + x.shape.length : given;
  const length = x.shape[axis] ?? 0;
  const bound = (position: number) => Math.min(length, position < 0 ? position + length : position);
  const start = bound(required(starts).data[0] ?? 0);
  const end = bound(required(ends).data[0] ?? length);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const run = (end - start) * inner;
  const data = new Float32Array(outer * run);
  for (let o = 0; o < outer; o++) {
    const from = (o * length + start) * inner;
    data.set(x.data.subarray(from, from + run), o * run);
  }
  return tensor(
    x.shape.map((each, k) => (k === axis ? end - start : each)),
    data,
    x.integer,
  );
}

/** A B' + c with A of rows by inner and B of columns by inner. */
function gemm([a, b, c]: readonly Tensor[], attributes: Attributes): Tensor {
  const [x, weights, bias] = [required(a), required(b), required(c)];
  if (
    numberAttribute(attributes, "transB", 0) !== 1 ||
    numberAttribute(attributes, "transA", 0) !== 0 ||
    numberAttribute(attributes, "alpha", 1) !== 1 ||
    numberAttribute(attributes, "beta", 1) !== 1
  ) {
    throw new Error("Only A B' + c is implemented of Gemm.");
  }
  const [rows = 0, inner = 0] = x.shape;
  const columns = weights.shape[0] ?? 0;
  const data = new Float32Array(rows * columns);
  const [xs, w] = [x.data, weights.data];
  for (let r = 0; r < rows; r++) {
    const row = r * inner;
    for (let k = 0; k < columns; k++) {
      const at = k * inner;
      // Four sums at a time: one alone waits for each addition before the next.
      let [a0, a1, a2, a3] = [bias.data[k]!, 0, 0, 0];
      let i = 0;
      for (; i + 3 < inner; i += 4) {
        a0 += xs[row + i]! * w[at + i]!;
        a1 += xs[row + i + 1]! * w[at + i + 1]!;
        a2 += xs[row + i + 2]! * w[at + i + 2]!;
        a3 += xs[row + i + 3]! * w[at + i + 3]!;
      }
      for (; i < inner; i++) a0 += xs[row + i]! * w[at + i]!;
      data[r * columns + k] = a0 + a1 + a2 + a3;
    }
  }
  return tensor([rows, columns], data);
}

/** With the running statistics, as at inference. */
function batchNormalization(inputs: readonly Tensor[], attributes: Attributes): Tensor {
  const [x, scale, bias, mean, variance] = inputs.map(required);
  const epsilon = numberAttribute(attributes, "epsilon", 1e-5);
  const { shape, data } = required(x);
  const columns = shape[1] ?? 0;
  return tensor(
    shape,
    data.map((value, i) => {
      const k = i % columns;
      const spread = Math.sqrt(required(variance).data[k]! + epsilon);
      return ((value - required(mean).data[k]!) / spread) * required(scale).data[k]! + required(bias).data[k]!;
    }),
  );
}

import { describe, expect, it } from "vitest";
import { findData, readVerified } from "../data-folder.js";
import { lcbenchModel, rpartModel } from "../sources.js";
import { OnnxGraph } from "./graph.js";
import { tensor } from "./tensor.js";

/** Enough of an encoder to write models down. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, content: string): number[] => bytes(field, [...new TextEncoder().encode(content)]);
const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const floats = (values: readonly number[]): number[] => [...new Uint8Array(Float32Array.from(values).buffer)];
const longs = (values: readonly number[]): number[] => [
  ...new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer),
];

const weights = (name: string, shape: readonly number[], values: readonly number[]): number[] =>
  bytes(5, [
    ...shape.flatMap((length) => number(1, length)),
    ...number(2, 1),
    ...text(8, name),
    ...bytes(9, floats(values)),
  ]);
const whole = (name: string, values: readonly number[]): number[] =>
  bytes(5, [...number(1, values.length), ...number(2, 7), ...text(8, name), ...bytes(9, longs(values))]);
const node = (type: string, inputs: readonly string[], output: string, attributes: readonly number[] = []): number[] =>
  bytes(1, [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, type), ...attributes]);
const attribute = (name: string, value: number): number[] => bytes(5, [...text(1, name), ...number(3, value)]);
const model = (...parts: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(bytes(7, [...parts.flat(), ...bytes(12, text(1, "y"))]));

describe("a graph in ONNX format", () => {
  it("computes an affine layer and what follows it, row by row", () => {
    const graph = OnnxGraph.parse(
      model(
        node("Gemm", ["x", "w", "b"], "h", attribute("transB", 1)),
        node("Relu", ["h"], "y"),
        weights("w", [2, 5], [1, 2, 3, 4, 5, -1, -1, -1, -1, -1]),
        weights("b", [2], [0.5, 1]),
      ),
    );
    const x = tensor([2, 5], Float32Array.of(1, 1, 1, 1, 1, -1, 0, 0, 0, 0));
    expect(graph.run({ x })).toMatchObject({ shape: [2, 2], data: Float32Array.of(15.5, 0, 0, 2) });
  });

  it("looks rows up, joins and cuts them", () => {
    const graph = OnnxGraph.parse(
      model(
        node("Gather", ["table", "at"], "row"),
        node("Concat", ["row", "row"], "both", attribute("axis", 1)),
        node("Slice", ["both", "from", "to", "axis"], "y"),
        weights("table", [3, 2], [1, 2, 3, 4, 5, 6]),
        whole("from", [1]),
        whole("to", [3]),
        whole("axis", [-1]),
      ),
    );
    const at = tensor([2], Float32Array.of(2, -3), true);
    expect(graph.run({ at })).toMatchObject({ shape: [2, 2], data: Float32Array.of(6, 5, 2, 1) });
  });

  it("divides whole numbers without a remainder, and others with it", () => {
    const half = (name: string, divisor: readonly number[]) =>
      OnnxGraph.parse(model(node("Div", ["x", name], "y"), divisor));
    const seven = [7];
    expect(half("two", whole("two", [2])).run({ x: tensor([1], Float32Array.from(seven), true) }).data[0]).toBe(3);
    expect(half("two", weights("two", [1], [2])).run({ x: tensor([1], Float32Array.from(seven)) }).data[0]).toBe(3.5);
  });

  it("refuses operators that it does not know, broken messages and missing inputs", () => {
    expect(() => OnnxGraph.parse(model(node("Conv", ["x"], "y")))).toThrow("The operator Conv is none of those");
    expect(() => OnnxGraph.parse(model(node("Relu", ["x"], "y")).subarray(0, -3))).toThrow("ends before");
    expect(() => OnnxGraph.parse(Uint8Array.of())).toThrow("no graph");
    expect(() => OnnxGraph.parse(model(node("Relu", ["x"], "y"))).run({})).toThrow("needs x");
  });
});

/** Outputs of onnxruntime-web 1.30.0. */
const recorded = [
  {
    source: lcbenchModel,
    categorical: [8],
    continuous: [52, 91, 0.0031622777, 0.545, 0.050005, 3, 256, 0.5],
    outputs: [186.3404541015625, 76.04400634765625, 1.366519570350647, 0.78862905502, 2.15643453598, 0.79274475574],
  },
  {
    source: lcbenchModel,
    categorical: [34],
    continuous: [52, 16, 0.1, 0.99, 1e-5, 5, 1024, 0],
    outputs: [82.471923828125, 96.70533752441406, 0.29203003645, 0.92453312874, 0.40218436718, 0.9059751033],
  },
  {
    source: rpartModel,
    categorical: [11, 2],
    continuous: [0.01, 30, 1, 20, 1, 10],
    outputs: [
      0.81859582663, 0.82837158442, 0.97618687153, 0.29189324379, 0.00017800927, 1.54277098179, 1.94895195961,
      0.09466282278, 339.3376770019531,
    ],
  },
  {
    source: rpartModel,
    categorical: [63, 3],
    continuous: [0.2, 4, 50, 3, 1, 10],
    outputs: [
      0.09528167545, 0.10396069288, 0.50414335728, 0.8507797122, 1.490116e-7, 2.28355002403, 0.76955372095,
      0.07161079347, 361.0694885253906,
    ],
  },
];

describe("the surrogates of YAHPO Gym", () => {
  for (const { source, categorical, continuous, outputs } of recorded) {
    const file = findData(source.path);
    it.skipIf(file === undefined)(`predict as the official runtime does: ${source.path}, ${categorical}`, () => {
      const graph = OnnxGraph.parse(readVerified(file ?? "", source.sha256));
      const { data } = graph.run({
        x_cat: tensor([1, categorical.length], Float32Array.from(categorical), true),
        x_cont: tensor([1, continuous.length], Float32Array.from(continuous)),
      });
      expect(data.length).toBe(outputs.length);
      outputs.forEach((output, k) => {
        expect(Math.abs((data[k] ?? Number.NaN) - output)).toBeLessThan(1e-4 * (1 + Math.abs(output)));
      });
    });
  }
});

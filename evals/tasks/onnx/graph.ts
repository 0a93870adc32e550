import { type Attributes, type Operator, operators } from "./operators.js";
import { fieldsOf, packedVarints } from "./protobuf.js";
import { sizeOf, type Tensor, tensor } from "./tensor.js";

interface Node {
  readonly operator: Operator;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Attributes;
}

/** A model in ONNX format (onnx.proto3), as far as feed-forward networks over tables need it. */
export class OnnxGraph {
  private constructor(
    private readonly constants: ReadonlyMap<string, Tensor>,
    private readonly nodes: readonly Node[],
    private readonly output: string,
  ) {}

  /** @throws Error where the bytes are no model, or need an operator that is none of these */
  static parse(bytes: Uint8Array): OnnxGraph {
    for (const { number, value } of fieldsOf(bytes)) {
      if (number === 7 && typeof value !== "number") return OnnxGraph.fromGraph(value);
    }
    throw new Error("There is no graph in this ONNX model.");
  }

  private static fromGraph(bytes: Uint8Array): OnnxGraph {
    const constants = new Map<string, Tensor>();
    const nodes: Node[] = [];
    let output = "";
    for (const { number, value } of fieldsOf(bytes)) {
      if (typeof value === "number") continue;
      if (number === 1) {
        const node = parseNode(value);
        if (node.inputs.length > 0) nodes.push(node);
        else constants.set(node.output, node.operator([], node.attributes));
      } else if (number === 5) {
        const { name, value: initial } = parseTensor(value);
        constants.set(name, initial);
      } else if (number === 12) {
        for (const field of fieldsOf(value)) if (field.number === 1) output = textOf(field.value);
      }
    }
    return new OnnxGraph(constants, nodes, output);
  }

  /** @returns the graph's (last) output */
  run(inputs: Readonly<Record<string, Tensor>>): Tensor {
    const values = new Map<string, Tensor>(Object.entries(inputs));
    const tensorNamed = (name: string): Tensor => {
      const found = values.get(name) ?? this.constants.get(name);
      if (found === undefined) throw new Error(`The graph needs ${name}, which nothing provides.`);
      return found;
    };
    for (const { operator, inputs: names, output, attributes } of this.nodes) {
      values.set(output, operator(names.map(tensorNamed), attributes));
    }
    return tensorNamed(this.output);
  }
}

function textOf(value: number | Uint8Array): string {
  return typeof value === "number" ? String(value) : new TextDecoder().decode(value);
}

function parseNode(bytes: Uint8Array): Node {
  const inputs: string[] = [];
  let output = "";
  let type = "";
  const attributes = new Map<string, number | readonly number[] | Tensor>();
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) inputs.push(textOf(value));
    else if (number === 2) output = textOf(value);
    else if (number === 4) type = textOf(value);
    else if (number === 5 && typeof value !== "number") {
      const attribute = parseAttribute(value);
      if (attribute.value !== undefined) attributes.set(attribute.name, attribute.value);
    }
  }
  const operator = operators[type];
  if (operator === undefined) throw new Error(`The operator ${type} is none of those that are understood here.`);
  return { operator, inputs, output, attributes };
}

function parseAttribute(bytes: Uint8Array): { name: string; value: number | readonly number[] | Tensor | undefined } {
  let name = "";
  let single: number | Tensor | undefined;
  const list: number[] = [];
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) name = textOf(value);
    else if ((number === 2 || number === 3) && typeof value === "number") single = value;
    else if (number === 5 && typeof value !== "number") single = parseTensor(value).value;
    else if (number === 8) list.push(...(typeof value === "number" ? [value] : packedVarints(value)));
  }
  return { name, value: list.length > 0 ? list : single };
}

function parseTensor(bytes: Uint8Array): { readonly name: string; readonly value: Tensor } {
  const shape: number[] = [];
  let name = "";
  let elements = 1;
  let raw: Uint8Array | undefined;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) shape.push(...(typeof value === "number" ? [value] : packedVarints(value)));
    else if (number === 2 && typeof value === "number") elements = value;
    else if (number === 8) name = textOf(value);
    else if (number === 9 && typeof value !== "number") raw = value;
  }
  if (raw === undefined) throw new Error(`The tensor ${name} has no raw data.`);
  return { name, value: tensor(shape, numbersOf(raw, elements, sizeOf(shape)), elements === wholeNumbers) };
}

const floats = 1;
const wholeNumbers = 7;
const doubles = 11;

function numbersOf(raw: Uint8Array, elements: number, count: number): Float32Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (elements === floats) return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  if (elements === doubles) return Float32Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
  if (elements === wholeNumbers) {
    return Float32Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  }
  throw new Error(`Tensors of element type ${elements} are none of those that are understood here.`);
}

/** A dense tensor, row-major. Integers are kept in the same array: those of a graph's shapes are small. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Division of integers truncates. */
  readonly integer: boolean;
}

export function tensor(shape: readonly number[], data: Float32Array, integer = false): Tensor {
  return { shape, data, integer };
}

/** Number of entries. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

import { gaussianDraws } from "./seeded-draws.js";

/** Rows of a square matrix. */
export type LinearMap = readonly Float64Array[];

/** M x. */
export function apply(map: LinearMap, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(map, (row) => {
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += row[j]! * x[j]!;
    return sum;
  });
}

export function transposed(map: LinearMap): LinearMap {
  return map.map((_, i) => Float64Array.from(map, (row) => row[i]!));
}

/** L diag(diagonal) R. */
export function composed(left: LinearMap, diagonal: Float64Array, right: LinearMap): LinearMap {
  const columns = transposed(right).map((column) => apply(left, times(diagonal, column)));
  return transposed(columns);
}

/** diag(diagonal) M. */
export function scaledRows(diagonal: Float64Array, map: LinearMap): LinearMap {
  return map.map((row, i) => row.map((entry) => diagonal[i]! * entry));
}

/** Product of two vectors, entry by entry. */
export function times(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((entry, i) => entry * b[i]!);
}

/**
 * Uniformly random orthogonal matrix R or Q of the suite: standard normal vectors, orthonormalised one after another
 * (Gram and Schmidt); they are its columns.
 */
export function rotation(dimension: number, seed: number): LinearMap {
  const draws = gaussianDraws(dimension * dimension, seed);
  const basis: Float64Array[] = [];
  for (let i = 0; i < dimension; i++) {
    const vector = draws.slice(i * dimension, (i + 1) * dimension);
    for (const other of basis) {
      const share = dot(vector, other);
      for (let k = 0; k < dimension; k++) vector[k]! -= share * other[k]!;
    }
    const length = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((entry) => entry / length));
  }
  return transposed(basis);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

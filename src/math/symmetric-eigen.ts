import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { AgentTuneError } from "../errors.js";

/** Eigendecomposition B diag(values) B^T of a symmetric positive definite matrix of n rows. */
export interface SymmetricEigen {
  /** Ascending, each at least `floor` times the largest. */
  readonly values: Float64Array;
  /** Row-major n x n; column k is the eigenvector of `values[k]`. */
  readonly vectors: Float64Array;
  /** True where an eigenvalue had to be raised, so that the product differs from the matrix given. */
  readonly raised: boolean;
}

/**
 * Decomposes the symmetric part of a row-major n x n matrix that should be positive definite. Eigenvalues that
 * rounding has pushed below `floor` times the largest one (or below zero) are raised to it, so that square roots
 * and inverses exist.
 *
 * @throws AgentTuneError `internal` where the matrix is not finite or has no positive eigenvalue
 */
export function symmetricEigen(matrix: Float64Array, n: number, floor = 1e-16): SymmetricEigen {
  const symmetric = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = ((matrix[i * n + j] ?? Number.NaN) + (matrix[j * n + i] ?? Number.NaN)) / 2;
      if (!Number.isFinite(value)) {
        throw new AgentTuneError("internal", { message: `A covariance is not finite (entry ${i}, ${j}: ${value}).` });
      }
      symmetric.set(i, j, value);
      symmetric.set(j, i, value);
    }
  }
  const decomposition = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const found = decomposition.realEigenvalues;
  const order = found.map((_, k) => k).sort((a, b) => (found[a] ?? 0) - (found[b] ?? 0));
  const largest = found[order[n - 1] ?? 0] ?? Number.NaN;
  if (!(largest > 0)) {
    throw new AgentTuneError("internal", { message: `A covariance has no positive eigenvalue (largest: ${largest}).` });
  }
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  let raised = false;
  order.forEach((column, k) => {
    const value = found[column] ?? Number.NaN;
    raised ||= value < floor * largest;
    values[k] = Math.max(value, floor * largest);
    for (let i = 0; i < n; i++) vectors[i * n + k] = decomposition.eigenvectorMatrix.get(i, column);
  });
  return { values, vectors, raised };
}

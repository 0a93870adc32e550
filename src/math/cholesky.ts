import { AgentTuneError } from "../errors.js";

/**
 * Relative size of the pivot below which an appended row counts as a linear combination of the rows before it.
 * A few hundred roundings of a number near one add up to about this much.
 */
const RANK_TOLERANCE = 1e-13;

/** Right-hand sides that {@link Cholesky.solveLowerPanel} solves for at once. */
export const PANEL = 8;

/**
 * The factorisation A = L L^T of a symmetric positive definite matrix, with L lower triangular (Golub and Van
 * Loan, Matrix Computations, section 4.2). Matrices go in as flat row-major arrays of n x n numbers of which
 * only the lower triangle is read. Rows can be appended at O(n^2), so that one more data point does not cost a
 * new factorisation.
 */
export class Cholesky {
  private constructor(
    private lower: Float64Array,
    private stride: number,
    private order: number,
    /** What had to be added to the diagonal; 0 for a matrix that was positive definite as given. */
    readonly jitter: number,
  ) {}

  /** @returns undefined where the matrix is not positive definite to working precision */
  static factor(matrix: Float64Array, n: number): Cholesky | undefined {
    const lower = new Float64Array(n * n);
    return factorInto(lower, matrix, n, 0) ? new Cholesky(lower, n, n, 0) : undefined;
  }

  /**
   * Factors A + jitter I with the smallest jitter among 0 and 1e-10, 1e-9, ... 1e-2 of the mean diagonal that
   * makes it positive definite. For covariance matrices whose rows may repeat.
   *
   * @throws AgentTuneError `internal` where even that fails, which takes a matrix that is no covariance at all
   */
  static withJitter(matrix: Float64Array, n: number): Cholesky {
    const lower = new Float64Array(n * n);
    if (factorInto(lower, matrix, n, 0)) return new Cholesky(lower, n, n, 0);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += matrix[i * n + i]!;
    for (let exponent = -10; exponent <= -2; exponent++) {
      const jitter = (trace / n) * 10 ** exponent;
      if (factorInto(lower, matrix, n, jitter)) return new Cholesky(lower, n, n, jitter);
    }
    throw new AgentTuneError("internal", {
      message: `A covariance matrix of ${n} points is not positive definite, even with jitter.`,
      remedy: "Report this with the study's journal; the study itself is not damaged.",
    });
  }

  /** Number of rows. */
  get size(): number {
    return this.order;
  }

  /** Entry (i, j) of L; 0 above the diagonal. */
  at(i: number, j: number): number {
    return j > i ? 0 : this.lower[i * this.stride + j]!;
  }

  /**
   * Extends the factored matrix by one row and column.
   *
   * @param row covariances with the rows so far, `size` numbers; `diagonal` the new diagonal entry
   * @returns false, and nothing changed, where the new row depends linearly on the others to working precision
   */
  append(row: ArrayLike<number>, diagonal: number): boolean {
    const n = this.order;
    const solved = Float64Array.from({ length: n }, (_, i) => row[i]!);
    this.solveLower(solved);
    let pivot = diagonal;
    for (let i = 0; i < n; i++) pivot -= solved[i]! * solved[i]!;
    if (!(pivot > RANK_TOLERANCE * Math.abs(diagonal))) return false;
    if (n === this.stride) this.grow();
    this.lower.set(solved, n * this.stride);
    this.lower[n * this.stride + n] = Math.sqrt(pivot);
    this.order = n + 1;
    return true;
  }

  /**
   * The factorisation of the leading rows and columns, as a copy that can grow on its own.
   *
   * @param rows at most `size`; `capacity` rows that it has room for before it must move
   */
  leading(rows: number, capacity: number = rows): Cholesky {
    const stride = Math.max(rows, capacity);
    const lower = new Float64Array(stride * stride);
    for (let i = 0; i < rows; i++) {
      lower.set(this.lower.subarray(i * this.stride, i * this.stride + i + 1), i * stride);
    }
    return new Cholesky(lower, stride, rows, this.jitter);
  }

  /**
   * Overwrites eight right-hand sides at once with the solutions x of L x = b, so that L is read once for all.
   *
   * @param panel row i of the right-hand sides in the numbers 8 i to 8 i + 7
   */
  solveLowerPanel(panel: Float64Array): void {
    const { lower, stride, order } = this;
    for (let i = 0; i < order; i++) {
      const offset = i * stride;
      const row = i * PANEL;
      let b0 = panel[row]!;
      let b1 = panel[row + 1]!;
      let b2 = panel[row + 2]!;
      let b3 = panel[row + 3]!;
      let b4 = panel[row + 4]!;
      let b5 = panel[row + 5]!;
      let b6 = panel[row + 6]!;
      let b7 = panel[row + 7]!;
      for (let k = 0, at = 0; k < i; k++, at += PANEL) {
        const l = lower[offset + k]!;
        b0 -= l * panel[at]!;
        b1 -= l * panel[at + 1]!;
        b2 -= l * panel[at + 2]!;
        b3 -= l * panel[at + 3]!;
        b4 -= l * panel[at + 4]!;
        b5 -= l * panel[at + 5]!;
        b6 -= l * panel[at + 6]!;
        b7 -= l * panel[at + 7]!;
      }
      const diagonal = lower[offset + i]!;
      panel[row] = b0 / diagonal;
      panel[row + 1] = b1 / diagonal;
      panel[row + 2] = b2 / diagonal;
      panel[row + 3] = b3 / diagonal;
      panel[row + 4] = b4 / diagonal;
      panel[row + 5] = b5 / diagonal;
      panel[row + 6] = b6 / diagonal;
      panel[row + 7] = b7 / diagonal;
    }
  }

  /** Overwrites b with the solution x of L x = b. */
  solveLower(b: Float64Array): void {
    const { lower, stride, order } = this;
    for (let i = 0; i < order; i++) {
      const offset = i * stride;
      let sum = b[i]!;
      for (let k = 0; k < i; k++) sum -= lower[offset + k]! * b[k]!;
      b[i] = sum / lower[offset + i]!;
    }
  }

  /** Overwrites b with the solution x of L^T x = b. */
  solveUpper(b: Float64Array): void {
    const { lower, stride, order } = this;
    for (let i = order - 1; i >= 0; i--) {
      const offset = i * stride;
      const x = b[i]! / lower[offset + i]!;
      b[i] = x;
      for (let k = 0; k < i; k++) b[k] = b[k]! - lower[offset + k]! * x;
    }
  }

  /** Overwrites b with the solution x of A x = b. */
  solve(b: Float64Array): void {
    this.solveLower(b);
    this.solveUpper(b);
  }

  /** log det A. */
  logDeterminant(): number {
    let sum = 0;
    for (let i = 0; i < this.order; i++) sum += Math.log(this.lower[i * this.stride + i]!);
    return 2 * sum;
  }

  /** A^-1 as a flat row-major array, of which only the lower triangle is filled. */
  inverseLower(): Float64Array {
    const { lower, stride, order: n } = this;
    const inverse = new Float64Array(n * n);
    const row = new Float64Array(n);
    const factorInverse = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      row.fill(0, 0, i + 1);
      for (let k = 0; k < i; k++) {
        const l = lower[i * stride + k]!;
        const above = k * n;
        for (let j = 0; j <= k; j++) row[j] = row[j]! - l * factorInverse[above + j]!;
      }
      const diagonal = lower[i * stride + i]!;
      for (let j = 0; j < i; j++) row[j] = row[j]! / diagonal;
      row[i] = 1 / diagonal;
      factorInverse.set(row.subarray(0, i + 1), i * n);
      for (let a = 0; a <= i; a++) {
        const left = row[a]!;
        const target = a * n;
        for (let b = 0; b <= a; b++) inverse[target + b] = inverse[target + b]! + left * row[b]!;
      }
    }
    return inverse;
  }

  private grow(): void {
    const stride = Math.max(4, this.stride * 2);
    const lower = new Float64Array(stride * stride);
    for (let i = 0; i < this.order; i++) {
      lower.set(this.lower.subarray(i * this.stride, i * this.stride + i + 1), i * stride);
    }
    this.lower = lower;
    this.stride = stride;
  }
}

/** Row by row (Cholesky and Banachiewicz), which reads memory in order. */
function factorInto(lower: Float64Array, matrix: Float64Array, n: number, jitter: number): boolean {
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * n;
      let sum = matrix[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= lower[rowI + k]! * lower[rowJ + k]!;
      if (i === j) {
        const pivot = sum + jitter;
        // Written so that a NaN anywhere in the matrix fails as well.
        if (!(pivot > RANK_TOLERANCE * matrix[rowI + i]!) || !Number.isFinite(pivot)) return false;
        lower[rowI + i] = Math.sqrt(pivot);
      } else {
        lower[rowI + j] = sum / lower[rowJ + j]!;
      }
    }
  }
  return true;
}

/** Test functions of the field with their optimum at value 0. */
export const benchmarkFunctions = {
  sphere: (x: readonly number[]) => x.reduce((sum, v) => sum + v * v, 0),
  /** Condition 1e6. */
  ellipsoid: (x: readonly number[]) => x.reduce((sum, v, i) => sum + 1e6 ** (i / Math.max(1, x.length - 1)) * v * v, 0),
  /** One long axis, condition 1e6. */
  cigar: (x: readonly number[]) => x.reduce((sum, v, i) => sum + (i === 0 ? 1 : 1e6) * v * v, 0),
  /** One short axis, condition 1e6. */
  tablet: (x: readonly number[]) => x.reduce((sum, v, i) => sum + (i === 0 ? 1e6 : 1) * v * v, 0),
  rosenbrock: (x: readonly number[]) =>
    x.slice(1).reduce((sum, v, i) => {
      const u = x[i] ?? 0;
      return sum + 100 * (v - u * u) ** 2 + (1 - u) ** 2;
    }, 0),
} as const;

export type BenchmarkFunction = keyof typeof benchmarkFunctions;

/** Where the optimum lies, in every coordinate. */
export const optimumOf: Readonly<Record<BenchmarkFunction, number>> = {
  sphere: 0,
  ellipsoid: 0,
  cigar: 0,
  tablet: 0,
  rosenbrock: 1,
};

import { square, sum } from "./landscape.js";

/** 10 (D - sum cos 2 pi z) + |z|^2: the core of f3, f4 and f15. */
export function rastrigin(z: Float64Array): number {
  return 10 * (z.length - sum(z, (entry) => Math.cos(2 * Math.PI * entry))) + sum(z, square);
}

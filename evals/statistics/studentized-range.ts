import { normalCdf } from "../../src/math/normal-distribution.js";

/** Largest |z| that carries weight in double precision. */
const reach = 9;
const step = 0.15;

/**
 * P(range of `count` standard normal values <= q): the studentized range with infinite degrees of freedom (Tukey 1953),
 * `count * integral of phi(z) (Phi(z) - Phi(z - q))^(count - 1) dz`. By the trapezoidal rule, whose error falls
 * exponentially with the step where an analytic function vanishes at both ends (Trefethen and Weideman 2014).
 */
export function studentizedRangeCdf(q: number, count: number): number {
  if (!(q > 0)) return 0;
  let sum = 0;
  for (let z = -reach; z <= reach; z += step) {
    sum += Math.exp((-z * z) / 2) * (normalCdf(z) - normalCdf(z - q)) ** (count - 1);
  }
  return Math.min(1, (count * sum * step) / Math.sqrt(2 * Math.PI));
}

/** The q with P(range <= q) = p, for p in (0, 1), by bisection. */
export function studentizedRangeQuantile(p: number, count: number): number {
  let low = 0;
  let high = 1;
  while (studentizedRangeCdf(high, count) < p) high *= 2;
  while (high - low > 1e-10) {
    const middle = (low + high) / 2;
    if (studentizedRangeCdf(middle, count) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The transformations that the 24 functions share (Hansen, Finck, Ros and Auger 2009, section 0.2). */

/** i / (D - 1): 0 for the first variable, 1 for the last. */
export function rampUp(dimension: number): Float64Array {
  return Float64Array.from({ length: dimension }, (_, i) => i / (dimension - 1));
}

/** Diagonal of Lambda^alpha: alpha^(i / (2 (D - 1))), a condition number of alpha for a quadratic function. */
export function conditioning(alpha: number, dimension: number): Float64Array {
  return rampUp(dimension).map((share) => alpha ** (share / 2));
}

/** T_osz of one number: small smooth irregularities, monotone, 0 stays 0. */
export function oscillated(x: number): number {
  if (x === 0) return 0;
  const log = Math.log(Math.abs(x));
  const [first, second] = x > 0 ? [10, 7.9] : [5.5, 3.1];
  return Math.sign(x) * Math.exp(log + 0.049 * (Math.sin(first * log) + Math.sin(second * log)));
}

/** T_asy^beta: positive entries are stretched, the later ones and the larger ones more. */
export function asymmetric(beta: number, x: Float64Array): Float64Array {
  return x.map((entry, i) => (entry > 0 ? entry ** (1 + ((beta * i) / (x.length - 1)) * Math.sqrt(entry)) : entry));
}

/** f_pen: squared distance to [-5, 5]^D. */
export function boundaryPenalty(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.max(0, Math.abs(x[i]!) - 5) ** 2;
  return sum;
}

/**
 * The random numbers that make a BBOB instance: a multiplicative congruential generator modulo 2^31 - 1 with a shuffle
 * of 32 entries (Park and Miller 1988; Bays and Durham 1976), as published with the suite. An instance is the same
 * everywhere only if its numbers are, so nothing here may be improved.
 */

const modulus = 2_147_483_647;
const tableSize = 32;
/** Draws that are thrown away before the table is filled. */
const warmUp = 8;

/** 16807 a mod 2^31 - 1, in steps that stay within 32 bits (Schrage 1979). */
function successor(state: number): number {
  const quotient = Math.floor(state / 127_773);
  const next = 16_807 * (state - quotient * 127_773) - 2_836 * quotient;
  return next < 0 ? next + modulus : next;
}

/**
 * Numbers in (0, 1).
 *
 * @param seed whole; below 1 is taken as 1
 */
export function uniformDraws(count: number, seed: number): Float64Array {
  let state = Math.max(1, Math.abs(seed));
  for (let k = 0; k < warmUp; k++) state = successor(state);
  const table = new Float64Array(tableSize);
  for (let k = tableSize - 1; k >= 0; k--) {
    state = successor(state);
    table[k] = state;
  }
  let last = table[0]!;
  const draws = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    state = successor(state);
    const slot = Math.floor(last / 67_108_865);
    last = table[slot]!;
    table[slot] = state;
    draws[k] = last / modulus || 1e-99;
  }
  return draws;
}

/** Standard normal numbers (Box and Muller 1958), never zero. */
export function gaussianDraws(count: number, seed: number): Float64Array {
  const uniform = uniformDraws(2 * count, seed);
  return Float64Array.from(
    { length: count },
    (_, k) => Math.sqrt(-2 * Math.log(uniform[k]!)) * Math.cos(2 * Math.PI * uniform[count + k]!) || 1e-99,
  );
}

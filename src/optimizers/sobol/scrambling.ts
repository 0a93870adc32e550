/** A 32-bit number that looks unrelated to neighbouring ones (lowbias32, found by search by C. Wellons). */
function mix(x: number): number {
  let hash = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}

/**
 * Nested uniform scrambling in base 2 (Owen 1995): each bit is flipped or not by a coin that depends on all the bits
 * above it. The coins come from a hash, so that nothing has to be kept (Burley 2020), and each prefix has a coin of
 * its own, so that the permutation is the one of the definition and not one that a shorter hash can express.
 *
 * The result of a uniformly random seed is uniform, and dyadic intervals are mapped onto dyadic intervals of the same
 * length: a net stays a net.
 *
 * @param x 32-bit fraction, the first bit the largest
 * @param seed chooses the permutation
 * @returns 32-bit fraction, unsigned
 */
export function owenScramble(x: number, seed: number): number {
  // Prefixes of different lengths are numbered apart: a leading one marks where they begin.
  let prefix = 1;
  let scrambled = 0;
  for (let bit = 31; bit >= 0; bit--) {
    const digit = (x >>> bit) & 1;
    const coin = mix(seed ^ mix(prefix)) & 1;
    scrambled = (scrambled << 1) | (digit ^ coin);
    prefix = (prefix << 1) | digit;
  }
  return scrambled >>> 0;
}

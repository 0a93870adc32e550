import { type xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/**
 * A seeded stream of random numbers whose state can be saved and restored, so that a resumed study draws
 * exactly the numbers an undisturbed one would have drawn. Generator: xoroshiro128+ (pure-rand).
 */
export class RandomStream {
  private constructor(private readonly generator: ReturnType<typeof xoroshiro128plus>) {}

  /** All 128 bits of the state are mixed from the seed: the generator's own seeding starts badly for small seeds. */
  static fromSeed(seed: number): RandomStream {
    return new RandomStream(xoroshiro128plusFromState([0, 1, 2, 3].map((word) => deriveSeed(seed, "state", word) | 0)));
  }

  /** @param state what {@link state} returned */
  static fromState(state: readonly number[]): RandomStream {
    return new RandomStream(xoroshiro128plusFromState(state));
  }

  /** JSON-serialisable state of the stream. */
  state(): readonly number[] {
    return this.generator.getState();
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.generator.next() >>> 5;
    const low = this.generator.next() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** Standard normal (Box and Muller 1958, cosine branch, so that no value is held back between calls). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.min(n - 1, Math.floor(this.uniform() * n));
  }

  /** Index drawn with the given probabilities, which sum to one. */
  index(probabilities: ArrayLike<number>): number {
    let u = this.uniform();
    for (let i = 0; i < probabilities.length - 1; i++) {
      u -= probabilities[i] ?? 0;
      if (u < 0) return i;
    }
    return probabilities.length - 1;
  }
}

/**
 * A 32-bit seed for one named purpose (SplitMix-style mixing of an FNV-1a hash), so that streams of one study
 * do not share numbers: `deriveSeed(study.seed, "trial", 17)`.
 */
export function deriveSeed(seed: number, ...path: readonly (string | number)[]): number {
  let hash = (0x811c9dc5 ^ (seed | 0)) >>> 0;
  for (const character of JSON.stringify([seed, ...path])) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}

import { AgentTuneError } from "../../errors.js";
import { normalQuantile } from "../../math/normal-distribution.js";
import { deriveSeed, type RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { SobolSequence } from "./sobol-sequence.js";

/** Bounds of a standard deviation as a share of the encoded range. */
const smallestDeviation = 1e-6;
const largestDeviation = 0.5;

/** Probability that a categorical parameter stands at its starting choice, before the rest is spread evenly. */
const startingChoice = 0.5;

/**
 * Initial standard deviation of each numeric axis as a share of its encoded range. The start is a configuration that
 * works, and the distance from it grows with the square root of the number of parameters: where nothing is given, the
 * deviation shrinks with it.
 *
 * @throws AgentTuneError `usage` where one that is given is not a positive number
 */
export function startingDeviations(
  space: SearchSpace,
  given: Readonly<Record<string, number>> | undefined,
): readonly number[] {
  const usual = Math.min(0.2, Math.max(0.08, 0.32 / Math.sqrt(Math.max(1, space.numericAxes.length))));
  return space.numericAxes.map(({ name }) => {
    const wanted = given?.[name] ?? usual;
    if (!(wanted > 0)) {
      throw new AgentTuneError("usage", {
        message: `The initial deviation of ${name} is ${wanted}.`,
        where: name,
        remedy: "Give a share of the range above 0, for example 0.2.",
      });
    }
    return Math.min(largestDeviation, Math.max(smallestDeviation, wanted));
  });
}

/** Initial probabilities of the choices of one categorical parameter. */
export function startingProbabilities(choices: number, start: number): readonly number[] {
  return Array.from({ length: choices }, (_, k) => (1 - startingChoice) / choices + (k === start ? startingChoice : 0));
}

/**
 * A point spread over the whole space.
 *
 * @param u one coordinate in (0, 1) for each numeric and then each categorical axis
 */
export function spreadPoint(space: SearchSpace, u: ArrayLike<number>): EncodedPoint {
  const n = space.numericAxes.length;
  return {
    numeric: space.numericAxes.map((_, j) => at(u, j)),
    categorical: space.categoricalAxes.map(({ choices }, i) => Math.floor(at(u, n + i) * choices.length)),
  };
}

/** A point drawn uniformly from the whole space. */
export function randomPoint(space: SearchSpace, random: RandomStream): EncodedPoint {
  const dimensions = space.numericAxes.length + space.categoricalAxes.length;
  return spreadPoint(
    space,
    Float64Array.from({ length: dimensions }, () => random.uniform()),
  );
}

/**
 * A point around another: Gaussian on numeric axes, mirrored at the ends of the range, and more likely than not the
 * same choice on categorical ones.
 *
 * @param u one coordinate in (0, 1) for each numeric and then each categorical axis
 */
export function pointAround(
  space: SearchSpace,
  center: EncodedPoint,
  deviations: ArrayLike<number>,
  u: ArrayLike<number>,
): EncodedPoint {
  const n = space.numericAxes.length;
  return {
    numeric: center.numeric.map((x, j) => reflect(x + at(deviations, j) * normalQuantile(at(u, j)))),
    categorical: center.categorical.map((choice, i) => {
      const probabilities = startingProbabilities(space.categoricalAxes[i]?.choices.length ?? 1, choice);
      let rest = at(u, n + i);
      const drawn = probabilities.findIndex((probability) => {
        rest -= probability;
        return rest < 0;
      });
      return drawn < 0 ? choice : drawn;
    }),
  };
}

/** A first population: scrambled Sobol points around a center, and some that are spread over the whole space. */
export class StartingDesign {
  /** Made when first needed: a restored optimizer may be past its design. */
  private near: SobolSequence | undefined;
  private spread: SobolSequence | undefined;

  /** @param nearShare share of the points that stand around the center, in [0, 1] */
  constructor(
    private readonly space: SearchSpace,
    private readonly center: EncodedPoint,
    private readonly deviations: readonly number[],
    private readonly nearShare: number,
    private readonly seed: number,
  ) {}

  /** Point k, from 0. The two kinds alternate in the proportion of their shares. */
  point(k: number): EncodedPoint {
    const nearBefore = Math.floor(k * this.nearShare);
    const isNear = Math.floor((k + 1) * this.nearShare) > nearBefore;
    if (isNear) {
      this.near ??= this.sequence("near");
      return pointAround(this.space, this.center, this.deviations, this.near.point(nearBefore));
    }
    this.spread ??= this.sequence("spread");
    return spreadPoint(this.space, this.spread.point(k - nearBefore));
  }

  private sequence(purpose: string): SobolSequence {
    const dimensions = this.space.numericAxes.length + this.space.categoricalAxes.length;
    return new SobolSequence(dimensions, deriveSeed(this.seed, purpose));
  }
}

/** Mirrors a coordinate that left [0, 1] back into it. */
export function reflect(x: number): number {
  const wrapped = Math.abs(x) % 2;
  return wrapped > 1 ? 2 - wrapped : wrapped;
}

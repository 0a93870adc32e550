import type { RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { otherChoice, reflect } from "./mutation.js";

/** Candidates of which the one farthest from what is known is taken. */
const CHOICES = 24;
/** Standard deviation around the start where none is given, as a share of the encoded range. */
export const DEFAULT_DEVIATION = 0.1;
/** One in so many is spread over the whole space. */
const GATHERED = 4;
/** By how much the deviation around the start grows with every failure while nothing succeeded yet. */
const WIDENING = 1.15;
const WIDEST = 0.6;

export interface DesignContext {
  readonly space: SearchSpace;
  /** The best so far, or where to start. */
  readonly start: Configuration;
  /** Standard deviation around it, for each numeric axis. */
  readonly deviations: readonly number[];
  /** Told or running, start included. */
  readonly known: readonly EncodedPoint[];
  readonly isKnown: (key: string) => boolean;
  /** Probability of failure, as far as it is known. */
  readonly failure: (configuration: Configuration) => number;
  /** Failures so far if nothing succeeded, else 0. */
  readonly onlyFailures: number;
  readonly random: RandomStream;
}

/**
 * One configuration of the initial design. Most are near the best so far, at first the start, which people choose for
 * a reason, the rest over the whole space; each is the candidate that lies farthest from what is known (Mitchell
 * 1991, best candidate). While everything fails, the neighbourhood widens, and what looks likely to fail is avoided.
 *
 * @param index position in the design
 */
export function designed(context: DesignContext, index: number): Configuration {
  const { space, known, isKnown, failure, onlyFailures, random } = context;
  let chosen: Configuration | undefined;
  let highest = -Infinity;
  for (let k = 0; k < CHOICES; k++) {
    const configuration = index % GATHERED !== 1 ? nearStart(context) : space.sample(random);
    if (configuration === undefined || isKnown(space.key(configuration))) continue;
    const point = space.encode(configuration);
    const distance = known.reduce((least, other) => Math.min(least, squaredDistance(point, other)), 1);
    const value = onlyFailures > 0 ? Math.log(distance) + 2 * Math.log(1 - failure(configuration)) : distance;
    if (value > highest) {
      chosen = configuration;
      highest = value;
    }
  }
  return chosen ?? space.sample(random);
}

function nearStart({ space, start, deviations, onlyFailures, random }: DesignContext): Configuration | undefined {
  const { numeric, categorical } = space.encode(start);
  const widening = WIDENING ** onlyFailures;
  const mutation = 1 / (numeric.length + categorical.length);
  const configuration = space.decode({
    numeric: numeric.map((x, j) =>
      reflect(x + Math.min(Math.max(WIDEST, deviations[j]!), deviations[j]! * widening) * random.normal(), 0, 1),
    ),
    categorical: categorical.map((choice, k) =>
      random.uniform() < mutation * widening ? otherChoice(space, categorical, k, random) : choice,
    ),
  });
  return space.repair(configuration);
}

function squaredDistance(a: EncodedPoint, b: EncodedPoint): number {
  let sum = 0;
  for (let j = 0; j < a.numeric.length; j++) sum += (a.numeric[j]! - b.numeric[j]!) ** 2;
  for (let k = 0; k < a.categorical.length; k++) sum += a.categorical[k] === b.categorical[k] ? 0 : 1;
  return sum;
}

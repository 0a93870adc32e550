import type { RandomStream } from "../math/random.js";
import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";

/** How often a draw is repeated before it is repaired or accepted as a repetition. */
const attempts = 20;

export interface Drawn<Point> {
  readonly configuration: Configuration;
  /** What was drawn, absent where the configuration came from the space itself as a last resort. */
  readonly point: Point | undefined;
  /** True where constraints forced values other than the ones drawn. */
  readonly repaired: boolean;
}

/**
 * Draws until the constraints hold and the configuration is a new one. Where the draws run out, a repetition is
 * better than a configuration that had to be repaired, because it is a true sample; and a repaired one is better
 * than one drawn uniformly from the space.
 */
export function draw<Point>(
  space: SearchSpace,
  random: RandomStream,
  isRepetition: (configuration: Configuration) => boolean,
  sample: () => { readonly point: Point; readonly configuration: Configuration },
): Drawn<Point> {
  let repetition: Drawn<Point> | undefined;
  let broken: { readonly point: Point; readonly configuration: Configuration } | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { point, configuration } = sample();
    if (space.brokenConstraints(configuration).length > 0) broken ??= { point, configuration };
    else if (isRepetition(configuration)) repetition ??= { point, configuration, repaired: false };
    else return { point, configuration, repaired: false };
  }
  if (repetition) return repetition;
  const repaired = broken && space.repair(broken.configuration);
  if (broken && repaired) return { point: broken.point, configuration: repaired, repaired: true };
  return { point: undefined, configuration: space.sample(random), repaired: true };
}

import type { RandomStream } from "../../src/math/random.js";
import type { Configuration, SearchSpace } from "../../src/space/index.js";
import type { Proposed } from "./method.js";

/** What a model answered; a uniform draw, whose origin says so, where it gave nothing that can be used. */
export function answeredOrDrawn(
  answered: Configuration | undefined,
  space: SearchSpace,
  random: RandomStream,
): Proposed {
  return answered === undefined
    ? { configuration: space.sample(random), origin: "random" }
    : { configuration: answered, origin: "llm" };
}

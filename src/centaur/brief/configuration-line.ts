import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

/** `learning_rate=0.003 width=64 activation=gelu`, in the space's order. */
export function configurationLine(space: SearchSpace, configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([name, value]) => `${name}=${space.format(name, value)}`)
    .join(" ");
}

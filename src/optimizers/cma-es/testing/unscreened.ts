import type { OptimizerFactory } from "../../optimizer.js";
import { cmaEs } from "../index.js";

/** CMA-ES alone, without a model that chooses among its samples: what the tests of the algorithm are about. */
export const unscreened: OptimizerFactory = {
  ...cmaEs,
  create: (space, options) => cmaEs.create(space, { ...options, settings: { screening: false, ...options.settings } }),
};

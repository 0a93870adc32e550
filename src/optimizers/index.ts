import { AgentTuneError } from "../errors.js";
import { cmaEs, lraCmaEs } from "./cma-es/index.js";
import { localGaussian } from "./local-gaussian/index.js";
import type { OptimizerFactory } from "./optimizer.js";
import { randomSearch } from "./random/index.js";

export type {
  Candidate,
  CategoricalView,
  Correlation,
  Evaluation,
  NumericView,
  Optimizer,
  OptimizerFactory,
  OptimizerOptions,
  OptimizerState,
  OptimizerView,
  Told,
} from "./optimizer.js";

/** Every optimizer that can be named, the default first. */
export const optimizerFactories: readonly OptimizerFactory[] = [cmaEs, lraCmaEs, localGaussian, randomSearch];

/** @throws AgentTuneError `usage` where there is none of that name */
export function optimizerFactory(name: string): OptimizerFactory {
  const found = optimizerFactories.find((factory) => factory.name === name);
  if (found) return found;
  throw new AgentTuneError("usage", {
    message: `There is no optimizer named "${name}".`,
    remedy: `Choose one of: ${optimizerFactories.map((factory) => factory.name).join(", ")}.`,
  });
}

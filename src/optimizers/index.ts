import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { cmaEs, lraCmaEs } from "./cma-es/index.js";
import { localGaussian } from "./local-gaussian/index.js";
import type { OptimizerFactory } from "./optimizer.js";
import { parseOptimizerChoice } from "./optimizer-choice.js";
import { randomSearch } from "./random/index.js";
import { readSettings } from "./settings.js";

export type {
  Candidate,
  CategoricalView,
  Correlation,
  Evaluation,
  NumericView,
  Optimizer,
  OptimizerFactory,
  OptimizerOptions,
  OptimizerSettings,
  OptimizerState,
  OptimizerView,
  Told,
} from "./optimizer.js";

/** Every optimizer that can be named, the default first. */
export const optimizerFactories: readonly OptimizerFactory[] = [cmaEs, lraCmaEs, localGaussian, randomSearch];

/**
 * The optimizer that a person means by a text such as `tpe` or `cma-es:restarts=bipop`; whoever creates with it need
 * not give the settings again.
 *
 * @throws AgentTuneError `usage` where there is none of that name, or no such setting
 */
export function optimizerFactory(text: string): OptimizerFactory {
  const { name, settings } = parseOptimizerChoice(text);
  const factory = optimizerFactories.find((each) => each.name === name);
  if (factory === undefined) {
    throw new AgentTuneError("usage", {
      message: `There is no optimizer named "${name}".`,
      remedy: `Choose one of: ${optimizerFactories.map((each) => each.name).join(", ")}.`,
    });
  }
  if (Object.keys(settings).length === 0) return factory;
  readSettings(factory.settings ?? z.strictObject({}), name, settings);
  return {
    ...factory,
    create: (space, options) => factory.create(space, { ...options, settings: { ...settings, ...options.settings } }),
  };
}

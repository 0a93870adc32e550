import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { cmaEs, lraCmaEs } from "./cma-es/index.js";
import { crossEntropy } from "./cross-entropy/index.js";
import { differentialEvolution } from "./differential-evolution/index.js";
import { screenFailures } from "./failure-screen.js";
import { genetic } from "./genetic/index.js";
import { gp } from "./gp/index.js";
import { gridSearch } from "./grid/index.js";
import { localGaussian } from "./local-gaussian/index.js";
import type { OptimizerFactory } from "./optimizer.js";
import { parseOptimizerChoice } from "./optimizer-choice.js";
import { randomSearch } from "./random/index.js";
import { randomForest } from "./random-forest/index.js";
import { readSettings } from "./settings.js";
import { sobolSearch } from "./sobol/index.js";
import { tpe } from "./tpe/index.js";

export { type CarriedOver, carryOver } from "./carry-over.js";
export { likelyToFail } from "./failure-screen.js";
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
  Screened,
  Told,
} from "./optimizer.js";

/** Every optimizer that can be named, the default first. */
export const optimizerFactories: readonly OptimizerFactory[] = [
  ...[cmaEs, lraCmaEs, tpe].map((factory) => screenFailures(factory)),
  gp,
  randomForest,
  ...[crossEntropy, differentialEvolution, genetic, localGaussian].map((factory) => screenFailures(factory)),
  // What learns nothing is there to be compared with: it stays as it is unless somebody asks.
  ...[sobolSearch, gridSearch, randomSearch].map((factory) => screenFailures(factory, { usually: false })),
];

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

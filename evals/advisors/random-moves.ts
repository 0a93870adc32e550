import { z } from "zod";
import type { Advisor } from "../../src/centaur/advisor.js";
import type { AdvisorContext } from "./advisor-context.js";
import { type AdvisorSettings, part, readAdvisorSettings } from "./advisor-settings.js";
import { DrawingAdvisor } from "./drawing-advisor.js";
import { uniformDraws, widerSteps } from "./gaussian-step.js";

const settingsSchema = z.strictObject({
  /** Standard deviation along every number, in encoded units. */
  spread: part.default(0.1),
  /** Probability that a category becomes another one. */
  category: part.default(0.1),
});

/**
 * Control for what advice adds: a Gaussian step around the incumbent, without a thought. Where an advisor is no better
 * than this, it is the place that helped and not the advice.
 */
export function gaussian(given: AdvisorSettings, { seed }: AdvisorContext): Advisor {
  const { spread, category } = readAdvisorSettings(settingsSchema, "gaussian", given);
  const name = `stand-in that steps at random around the incumbent (spread ${spread})`;
  return new DrawingAdvisor(name, seed, function* ({ space, evidence }, random) {
    const group = evidence.incumbent?.group;
    if (group === undefined) return;
    const reason = `a Gaussian step around trial ${group.first.number}`;
    for (const configuration of widerSteps(space, group.configuration, { spread, otherCategory: category }, random)) {
      yield { configuration, reason };
    }
  });
}

/**
 * Control for knowing the default: a Gaussian step around the configuration in use before tuning, as a model makes
 * that repeats what everybody uses and does not look at results.
 */
export function baselineRandom(given: AdvisorSettings, { task, seed }: AdvisorContext): Advisor {
  const { spread, category } = readAdvisorSettings(settingsSchema, "baseline-random", given);
  const name = `stand-in that steps at random around the start configuration (spread ${spread})`;
  return new DrawingAdvisor(name, seed, function* ({ space }, random) {
    const reason = "a Gaussian step around the start configuration";
    for (const configuration of widerSteps(space, task.start, { spread, otherCategory: category }, random)) {
      yield { configuration, reason };
    }
  });
}

/** Control for any proposal at all: uniform over the space. */
export function uniform(given: AdvisorSettings, { seed }: AdvisorContext): Advisor {
  readAdvisorSettings(z.strictObject({}), "random", given);
  return new DrawingAdvisor("stand-in that proposes at random", seed, function* ({ space }, random) {
    for (const configuration of uniformDraws(space, random)) yield { configuration, reason: "a uniform draw" };
  });
}

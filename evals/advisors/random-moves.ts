import { z } from "zod";
import type { ConfiguredStandIn } from "./advisor-context.js";
import { type AdvisorSettings, part, readAdvisorSettings } from "./advisor-settings.js";
import { DrawingAdvisor, type IdeaSource } from "./drawing-advisor.js";
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
export function gaussian(given: AdvisorSettings): ConfiguredStandIn {
  const { spread, category } = readAdvisorSettings(settingsSchema, "gaussian", given);
  const name = `stand-in that steps at random around the incumbent (spread ${spread})`;
  const size = { spread, otherCategory: category };
  const ideas: IdeaSource = function* ({ space, evidence }, random) {
    const group = evidence.incumbent?.group;
    if (group === undefined) return;
    const reason = `a Gaussian step around trial ${group.first.number}`;
    for (const configuration of widerSteps(space, group.configuration, size, random)) yield { configuration, reason };
  };
  return { open: ({ seed }) => new DrawingAdvisor(name, seed, ideas) };
}

/**
 * Control for knowing the default: a Gaussian step around the configuration in use before tuning, as a model makes
 * that repeats what everybody uses and does not look at results.
 */
export function baselineRandom(given: AdvisorSettings): ConfiguredStandIn {
  const { spread, category } = readAdvisorSettings(settingsSchema, "baseline-random", given);
  const name = `stand-in that steps at random around the start configuration (spread ${spread})`;
  const size = { spread, otherCategory: category };
  const reason = "a Gaussian step around the start configuration";
  return {
    open: ({ task: { start }, seed }) =>
      new DrawingAdvisor(name, seed, function* ({ space }, random) {
        for (const configuration of widerSteps(space, start, size, random)) yield { configuration, reason };
      }),
  };
}

/** Control for any proposal at all: uniform over the space. */
export function uniform(given: AdvisorSettings): ConfiguredStandIn {
  readAdvisorSettings(z.strictObject({}), "random", given);
  const ideas: IdeaSource = function* ({ space }, random) {
    for (const configuration of uniformDraws(space, random)) yield { configuration, reason: "a uniform draw" };
  };
  return { open: ({ seed }) => new DrawingAdvisor("stand-in that proposes at random", seed, ideas) };
}

import { z } from "zod";
import { AgentTuneError } from "../../src/errors.js";
import type { ConfiguredStandIn } from "./advisor-context.js";
import { type AdvisorSettings, part, readAdvisorSettings } from "./advisor-settings.js";
import { DrawingAdvisor } from "./drawing-advisor.js";
import { uniformDraws, widerSteps } from "./gaussian-step.js";

const settingsSchema = z.strictObject({
  /** 0: it knows nothing; 1: it knows the optimum. */
  quality: part,
  /** Standard deviation of its error along every number, in encoded units. */
  spread: part.optional(),
});

/**
 * A dial for what advice is worth: an advisor that is told the optimum, and what it says of it is right to a degree.
 * With probability `quality` it speaks of the optimum, otherwise it draws uniformly. When it speaks of the optimum,
 * every number is off by a Gaussian error, of 0.1 (1 - quality) of its range unless `spread` says otherwise, and every
 * category is another one with probability (1 - quality) / 2. Quality 1 names the optimum at its first turn, then
 * takes tiny steps around it; quality 0 is random search.
 *
 * @throws AgentTuneError `usage` for settings that there are not, and when it is opened for a task whose optimum is not
 *   known
 */
export function oracle(given: AdvisorSettings): ConfiguredStandIn {
  const { quality, spread = 0.1 * (1 - quality) } = readAdvisorSettings(settingsSchema, "oracle", given);
  const size = { spread, otherCategory: (1 - quality) / 2 };
  return {
    needsOptimum: true,
    open({ task, seed }) {
      const { optimum } = task;
      if (optimum === undefined) throw optimumUnknown("The advisor oracle", [task.name]);
      return new DrawingAdvisor(
        `stand-in oracle that is told the optimum (quality ${quality})`,
        seed,
        function* ({ space }, random) {
          const knows = random.uniform() < quality;
          const draws = knows ? widerSteps(space, optimum, size, random) : uniformDraws(space, random);
          const reason = knows ? "near the optimum that it was told" : "a uniform draw: this time it knows nothing";
          for (const configuration of draws) yield { configuration, reason };
        },
      );
    },
  };
}

/** @param what cannot be used on tasks of these names */
export function optimumUnknown(what: string, tasks: readonly string[]): AgentTuneError {
  return new AgentTuneError("usage", {
    message: `${what} cannot be used on ${tasks.join(", ")}: the optimum is not known.`,
    remedy:
      `Leave ${tasks.length === 1 ? "this task" : "these tasks"} out, or compare with advisors that need no optimum: ` +
      "gaussian, random, rules, adversary.",
  });
}

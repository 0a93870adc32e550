import { z } from "zod";
import { loadPrompt } from "../../../src/llm/index.js";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { readSettings } from "../../../src/optimizers/settings.js";
import {
  ask,
  askingSession,
  configurationSchema,
  configurationText,
  failureText,
  limitsText,
  openEvalModel,
  type PastTrial,
  type RunSoFar,
  readConfiguration,
  spaceText,
  valueText,
} from "../../models/index.js";
import { centaurMethod } from "../centaur-method.js";
import type { Method, SessionContext } from "../method.js";
import type { ModelMethodName } from "../model-method-name.js";
import { answeredOrDrawn } from "../model-proposal.js";

const settingsSchema = z.strictObject({
  /** Latest trials that are shown besides the incumbent; as published. */
  history: z.number().int().positive().default(20),
});

/**
 * The language model proposes every trial after the start, from the space, the latest trials and the incumbent: the
 * agent that tunes "14 HPs" in the study of Centaur (arXiv 2603.24647), which had no optimizer at all.
 *
 * Differences from the published one, all in the model's favour: an answer that breaks the space is sent back once
 * with what is wrong instead of being clamped and filled up with defaults; the answer is asked for in the provider's
 * own structured form; limits are the task's. Where there is still no configuration, a uniform draw runs, as
 * published, and its origin says `random`. A repeat of an earlier configuration runs again.
 *
 * With an advisor that needs no network (`model-alone+oracle:quality=0.5`) that advisor decides every trial over
 * random candidates, without any prompt.
 */
export function modelAloneMethod(named: ModelMethodName): Method {
  const { name, base, settings, partner, asksModel, surroundings } = named;
  const { history: shown } = readSettings(settingsSchema, base, settings);
  if (!asksModel) return centaurMethod({ name, optimizer: "random", advisor: partner, share: 1 });
  return {
    name,
    close: () => {},
    async open(context) {
      const { task, seed, runSeed } = context;
      const { space } = task;
      const opened = openEvalModel(partner, { task: task.name, method: name, seed: runSeed }, surroundings);
      const random = RandomStream.fromSeed(deriveSeed(seed, "fallback"));
      return askingSession(context, opened, {
        async propose(run) {
          const configuration = await ask(opened.model, {
            key: `model-alone/${run.begun}`,
            ...modelAlonePrompt(context, run, shown),
            schema: configurationSchema(space),
            read: (answer) => readConfiguration(space, answer),
          });
          return answeredOrDrawn(configuration, space, random);
        },
      });
    },
  };
}

/**
 * @param shown latest trials that are shown
 * @returns the words of one turn
 */
export function modelAlonePrompt(
  { task, trials }: SessionContext,
  { history, pending, begun }: RunSoFar,
  shown: number,
): { readonly system: string; readonly user: string } {
  const { space, card } = task;
  const best = history.incumbent;
  const result = ({ value, failure }: PastTrial): string =>
    value === undefined ? `failed (${failureText(failure ?? "failed")})` : `${card.metric} ${valueText(value)}`;
  const { system = "", user = "" } = loadPrompt("eval-model-alone").render({
    task: card.text.trim(),
    metric: card.metric,
    limits: limitsText(task),
    space: spaceText(space),
    history: history.trials
      .slice(-shown)
      .map((trial) => `${configurationText(space, trial.configuration)} -> ${result(trial)}`)
      .join("\n"),
    earlier: Math.max(0, history.trials.length - shown) || null,
    incumbent:
      best === undefined
        ? "No run has succeeded yet."
        : `Best so far: ${configurationText(space, best.configuration)} -> ${result(best)}`,
    pending: pending.map((each) => configurationText(space, each)).join("\n"),
    left: `This is run ${begun + 1} of ${trials}.`,
  }).sections;
  return { system, user };
}

import { z } from "zod";
import { loadPrompt } from "../../../src/llm/index.js";
import { deriveSeed } from "../../../src/math/random.js";
import { type Candidate, optimizerFactory } from "../../../src/optimizers/index.js";
import { readSettings } from "../../../src/optimizers/settings.js";
import type { Configuration } from "../../../src/space/index.js";
import {
  ask,
  askingSession,
  configurationsSchema,
  configurationText,
  limitsText,
  type OpenedModel,
  openEvalModel,
  readConfigurations,
  spaceText,
  type TrialHistory,
  valueText,
} from "../../models/index.js";
import type { Benchmark, Observation } from "../../tasks/task.js";
import { centaurMethod } from "../centaur-method.js";
import type { Method, Proposed, SessionContext } from "../method.js";
import type { ModelMethodName } from "../model-method-name.js";

const settingsSchema = z.strictObject({
  /** Configurations that are asked for. */
  count: z.number().int().positive().default(10),
  /** Goes on when they have run, told of all of them. */
  optimizer: z.string().default("cma-es"),
});

/** Where the first configurations come from. */
interface Guesser {
  readonly opened?: OpenedModel;
  /** All at once, before any of them has run. */
  guess(count: number, history: TrialHistory): Promise<readonly Proposed[]>;
  begin(start: Configuration, observation: Observation): Promise<void>;
  end(): Promise<void>;
}

/**
 * One call, before the search: the model chooses the configurations that run first, and an optimizer that is told of
 * them goes on. What there is to gain from what a model knows beforehand, at the price of a single answer; to choose
 * a configuration from the description of the problem alone is the idea of LLMTune (and of the initial points of Zhang
 * et al. 2023, arXiv 2312.04528).
 *
 * An answer of which nothing can be run is sent back once; where fewer configurations come than were asked for, the
 * optimizer begins so much earlier. With an advisor that needs no network (`one-shot+oracle:quality=0.5`) that advisor
 * proposes them, each without knowing the results of the others.
 *
 * @throws AgentTuneError `usage` where there is no such optimizer
 */
export function oneShotMethod(named: ModelMethodName): Method {
  const { name, base, settings } = named;
  const { count, optimizer: choice } = readSettings(settingsSchema, base, settings);
  const factory = optimizerFactory(choice);
  const standIn = named.asksModel ? undefined : standInMethod(named);
  return {
    name,
    needsOptimum: standIn?.needsOptimum ?? false,
    close: () => {},
    async open(context) {
      const { task, seed, trials } = context;
      const guesser = standIn === undefined ? modelGuesser(named, context) : await standInGuesser(standIn, context);
      const optimizer = factory.create(task.space, { seed: deriveSeed(seed, "optimizer"), start: task.start });
      const drawn = new Map<Proposed, Candidate>();
      let guesses: Proposed[] | undefined;
      const session = askingSession(context, guesser.opened, {
        async propose({ history }) {
          guesses ??= [...(await guesser.guess(Math.min(count, trials - 1), history))];
          const guess = guesses.shift();
          if (guess !== undefined) return guess;
          const candidate = optimizer.ask();
          const proposed = { configuration: candidate.configuration, origin: optimizer.name };
          drawn.set(proposed, candidate);
          return proposed;
        },
        learn(configuration, { evaluation, measured }, proposed) {
          const candidate = proposed && drawn.get(proposed);
          if (proposed !== undefined) drawn.delete(proposed);
          optimizer.tell({
            ...(candidate !== undefined && { candidate: candidate.id }),
            configuration,
            evaluation,
            measured,
          });
        },
        end: () => guesser.end(),
      });
      return {
        ...session,
        async begin(start, observation) {
          await guesser.begin(start, observation);
          await session.begin(start, observation);
        },
      };
    },
  };
}

function modelGuesser({ name, partner, surroundings }: ModelMethodName, { task, runSeed }: SessionContext): Guesser {
  const { space } = task;
  const opened = openEvalModel(partner, { task: task.name, method: name, seed: runSeed }, surroundings);
  return {
    opened,
    async guess(count, history) {
      const found = await ask(opened.model, {
        key: "one-shot",
        ...oneShotPrompt(task, history, count),
        schema: configurationsSchema(space),
        read: (answer) => readConfigurations(space, answer),
      });
      return (found ?? [])
        .filter((configuration) => !history.has(configuration))
        .slice(0, count)
        .map((configuration) => ({ configuration, origin: "llm" }));
    },
    begin: async () => {},
    end: async () => {},
  };
}

/** The advisor decides random candidates. */
function standInMethod({ name, partner }: ModelMethodName): Method {
  return centaurMethod({ name, optimizer: "random", advisor: partner, share: 1 });
}

/** One candidate after the other, and nothing is learned in between. */
async function standInGuesser(standIn: Method, context: SessionContext): Promise<Guesser> {
  const advisor = await standIn.open(context);
  return {
    async guess(count) {
      const found: Proposed[] = [];
      while (found.length < count) found.push(await advisor.ask());
      return found;
    },
    begin: (start, observation) => advisor.begin(start, observation),
    end: () => advisor.end(),
  };
}

/** The words of the one question. */
export function oneShotPrompt(
  task: Benchmark,
  history: TrialHistory,
  count: number,
): { readonly system: string; readonly user: string } {
  const { space, card } = task;
  const value = history.trials[0]?.value;
  const { system = "", user = "" } = loadPrompt("eval-one-shot").render({
    task: card.text.trim(),
    metric: card.metric,
    limits: limitsText(task),
    space: spaceText(space),
    start: configurationText(space, task.start),
    result: value === undefined ? "failed" : `${card.metric} ${valueText(value)}`,
    count,
  }).sections;
  return { system, user };
}

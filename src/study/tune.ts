import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import { InProcessExecutor, type ObjectiveFunction } from "../executors/index.js";
import {
  createLangChainProvider,
  type Environment,
  type LangChainChatModel,
  type ModelProvider,
} from "../llm/index.js";
import { optimizerNames } from "../optimizers/names.js";
import { definitionFromFields, SearchSpace, type SpaceFields } from "../space/index.js";
import type { Configuration } from "../space/parameter.js";
import { Store } from "../store/index.js";
import { readStudy } from "./reading.js";
import { newRecord, type Surroundings, studyParts } from "./session.js";
import { type StudySettings, studySettingsSchema } from "./settings.js";
import { type StoredDefinition, storedDefinition } from "./stored-definition.js";
import { Study } from "./study.js";
import type { StampedEvent } from "./study-events.js";
import { type Summary, summarize } from "./summary.js";

/** What a program wants tuned. Everything but `objective` and `parameters` has a default. */
export interface TuneOptions extends SpaceFields {
  /** Returns the objective's value, or several metrics with `metric` among them. May be asynchronous. */
  readonly objective: ObjectiveFunction;
  /** Name of the metric; "objective" where not given. */
  readonly metric?: string;
  readonly direction?: "minimize" | "maximize";
  readonly target?: number;
  /** Name of the study in its store; "study" where not given. */
  readonly name?: string;
  /** The task in words, for the advisor. */
  readonly task?: string;
  readonly budget?: StudySettings["budget"];
  readonly seed?: number;
  /** Trials at once; asynchronous objectives only gain by more than one. */
  readonly parallel?: number;
  /** Seconds that one trial may take. */
  readonly timeLimit?: number;
  readonly optimizer?: string;
  /** Id or name of an earlier study in the same folder whose results shape the optimizer's start. */
  readonly warmStart?: string;
  /** `auto`, `none`, `rules`, `provider:name`, or any LangChain chat model. */
  readonly advisor?: string | LangChainChatModel;
  readonly share?: "adaptive" | number;
  readonly review?: "trial" | "generation";
  /** Whether known configurations run again to tell luck from progress; "auto" where not given. */
  readonly replicates?: "auto" | "off";
  /** Fresh seeds for the final re-evaluation; 3 where not given. */
  readonly finalSeeds?: number;
  /** Where the study is kept; ".agent-tune" in the working directory where not given. */
  readonly folder?: string;
  /** Go on with the newest unfinished study of this name instead of starting one. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StampedEvent) => void;
  /** Where keys are looked for; the process's environment where not given. */
  readonly env?: Environment;
}

export interface TuneResult {
  readonly study: string;
  /** The answer: best by estimated true value. */
  readonly best: Configuration;
  readonly summary: Summary;
}

/**
 * Tunes a function of this program: the library's door to everything a study does, durable and resumable like one
 * from the command line.
 *
 * @throws AgentTuneError for a space that makes no sense, a model that is not to be had, or when nothing completed
 */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const settings = settingsFrom(options);
  SearchSpace.from(settings.space);
  const store = Store.open(resolve(options.folder ?? ".agent-tune"), { create: true });
  try {
    const study = openStudy(store, settings, options);
    const unsubscribe = options.onEvent === undefined ? undefined : study.subscribe(options.onEvent);
    const onAbort = (): void => study.interrupt("aborted by the program");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    try {
      await study.run();
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      unsubscribe?.();
      study.close();
    }
    options.signal?.throwIfAborted();
    const summary = summarize(readStudy(store, study.id));
    if (summary.best === null) {
      throw new AgentTuneError(summary.trials.failed > 0 ? "all_trials_failed" : "nothing_completed", {
        message: summary.trials.failed > 0 ? `All ${summary.trials.failed} trials failed.` : "No trial completed.",
        where: `study ${study.id}`,
        remedy: "Look at the outcomes of its trials.",
      });
    }
    return { study: study.id, best: summary.best.configuration, summary };
  } finally {
    store.close();
  }
}

function openStudy(store: Store, settings: StudySettings, options: TuneOptions): Study {
  const { advisor = "auto" } = options;
  const provider: ModelProvider | undefined =
    typeof advisor === "string" ? undefined : createLangChainProvider(advisor);
  const surroundings: Surroundings = {
    store,
    env: options.env ?? process.env,
    holder: { pid: process.pid, host: hostname() },
    nonce: randomUUID,
    ...(provider === undefined ? {} : { provider }),
  };
  const definition: StoredDefinition = { from: "program", settings };
  const unfinished = options.resume
    ? store
        .studies()
        .findLast(
          (each) => each.name === settings.name && each.status === "open" && storedDefinition(each).from === "program",
        )
    : undefined;
  const record = unfinished ?? newRecord(surroundings, settings, definition);
  const executor = new InProcessExecutor({
    objective: options.objective,
    settings: {
      objective: { metric: settings.objective.metric, direction: settings.objective.direction, pick: "last" },
      ...(options.timeLimit === undefined ? {} : { limits: { time: options.timeLimit } }),
    },
    parallel: options.parallel ?? 1,
  });
  const parts = studyParts(
    surroundings,
    record.id,
    settings,
    executor,
    {
      model: typeof advisor === "string" ? advisor : `langchain:${provider?.model ?? "model"}`,
      share: settings.share,
      review: settings.review,
      deadlineSeconds: 120,
      without: [],
      tools: true,
    },
    {},
  );
  return unfinished === undefined ? Study.create(parts, record) : Study.open(parts, record.id);
}

function settingsFrom(options: TuneOptions): StudySettings {
  const { parameters, constraints, derived, metric = "objective", direction = "minimize", target } = options;
  return studySettingsSchema.parse({
    name: options.name ?? "study",
    ...(options.task === undefined ? {} : { task: options.task }),
    space: definitionFromFields({
      parameters,
      ...(constraints === undefined ? {} : { constraints }),
      ...(derived === undefined ? {} : { derived }),
    }),
    objective: { metric, direction, ...(target === undefined ? {} : { target }), constraints: [] },
    limits: options.timeLimit === undefined ? {} : { seconds: options.timeLimit },
    budget: { failuresInARow: 10, trials: 50, ...options.budget },
    seed: options.seed ?? 1,
    optimizer: options.optimizer ?? optimizerNames[0],
    ...(options.warmStart === undefined ? {} : { warmStart: options.warmStart }),
    share: options.share ?? "adaptive",
    review: options.review ?? "trial",
    noise: { replicates: options.replicates ?? "auto", finalSeeds: options.finalSeeds ?? 3 },
  } satisfies StudySettings);
}

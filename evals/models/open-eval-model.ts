import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../../src/errors.js";
import {
  type Environment,
  type Exchange,
  type Model,
  type ModelAnswer,
  ModelCallError,
  type ModelFailure,
  type ModelRequest,
  openModel,
  type PriceTable,
  packageRoot,
  pricesSchema,
  resolveModelName,
  SpendLedger,
} from "../../src/llm/index.js";
import type { ModelUsage } from "../methods/model-usage.js";
import { maxCostVariable, pricesVariable, recordingsVariable, replayVariable } from "./environment.js";
import { isModelChoice, readModelChoice, replayPrefix } from "./model-choice.js";
import { Recording } from "./recording.js";
import { type RunOfModel, recordingFile, recordingToReplay } from "./recording-folder.js";
import { readCap, Spending } from "./spending.js";

/** A model for one run of an evaluation. */
export interface OpenedModel {
  /**
   * Throws ModelCallError only for what is the model's own doing: no answer in time, none, or none that can be used.
   * Everything else (no connection, no credit, the cap, a recording that has no answer) says nothing of the model and
   * throws AgentTuneError, which ends the run without a result.
   */
  readonly model: Model;
  /** Of this run, whether it was asked now or known from a recording. */
  usage(): ModelUsage;
  /** Milliseconds in which at least one answer was waited for, since this was asked last. */
  waited(): number;
}

/** The process that an evaluation runs in. */
export interface ModelSurroundings {
  readonly env: Environment;
  /** Unguessable text, for what must not be named twice. */
  readonly nonce?: () => string;
  /** Milliseconds that the longest call takes: whatever was reserved before that and is still open was lost. */
  readonly longestMs?: number;
}

/** A whole turn of the product's advisor is shorter. */
const defaultLongestMs = 150_000;
const pollMs = 100;

/** Failures by which a model shows what it is worth; the product blames it for the same ones. */
const ownFailures: ReadonlySet<ModelFailure> = new Set([
  "deadline",
  "idle",
  "truncated",
  "refusal",
  "empty",
  "not_json",
]);

/**
 * Opens a model for one run. What was answered before in the same run is given again without asking, so that a
 * stopped evaluation pays for nothing twice; with a folder to replay from nothing is asked at all, and the run is the
 * recorded one, number for number.
 *
 * @param name as the product names models, or `replay:PATH`
 * @throws AgentTuneError `model_unknown`, `credentials_missing`, `recording_invalid`, `usage` for a variable that
 *   cannot be read
 */
export function openEvalModel(
  name: string,
  run: RunOfModel,
  { env, nonce = randomUUID, longestMs = defaultLongestMs }: ModelSurroundings,
): OpenedModel {
  const source = replaySource(name, env);
  const session = new ModelSession(name, run);
  if (source !== undefined) {
    const recording = Recording.open(recordingToReplay(source, run));
    return session.over({
      id: recording.first?.model ?? name,
      ask: async (request) => {
        const known = recording.take(request);
        if (known !== undefined) return session.answerFrom(known);
        throw new ModelCallError(
          "replay_missing",
          `The recording ${recording.path} has no answer to the call ${request.key} as it is asked now.`,
        );
      },
    });
  }
  const folder = recordingsFolder(env);
  const recording = Recording.open(recordingFile(folder, run));
  const journal = new Spending(join(folder, "spending.jsonl"), readCap(env[maxCostVariable], maxCostVariable), nonce());
  const model = openModel(name, {
    env,
    prices: readPrices(env),
    ledger: new SpendLedger({ journal }),
    // That a model gives useless answers one after the other is what is to be measured.
    breaker: { failures: Number.POSITIVE_INFINITY },
    record: (exchange) => {
      // What ends the run will be asked again when it is run again.
      if (exchange.result.kind === "failure" && !ownFailures.has(exchange.result.failure)) return;
      recording.append(exchange);
      session.note(exchange);
    },
  });
  if (model === undefined) throw new AgentTuneError("model_unknown", { message: `"${name}" names no model.` });
  return session.over({
    id: model.id,
    ask: async (request, options) => {
      const known = recording.take(request);
      if (known !== undefined) return session.answerFrom(known);
      for (;;) {
        try {
          return await model.ask(request, options);
        } catch (error) {
          const full = error instanceof ModelCallError && error.failure === "cap_reached";
          if (!full || !journal.mayFitLater(longestMs)) throw error;
          // Only the worst cases of calls under way leave no room.
          await new Promise((resolve) => setTimeout(resolve, pollMs));
        }
      }
    },
  });
}

/**
 * Says now, and not in the middle of an evaluation, what is wrong with a model's name, its settings or its key, with
 * the recordings to answer from, and with what variables say of models.
 *
 * @param choice as it stands in a method: MODEL[?SETTING&SETTING]
 * @throws AgentTuneError `model_unknown`, `credentials_missing`, `recording_invalid`, `usage`
 */
export function checkModelName(choice: string, env: Environment): void {
  if (!isModelChoice(choice)) {
    throw new AgentTuneError("model_unknown", {
      message: `"${choice}" names no model.`,
      remedy: "Write openai:NAME, anthropic:NAME, compatible:NAME@http://host:port/v1 or replay:FOLDER.",
    });
  }
  const { model } = readModelChoice(choice);
  const source = replaySource(model, env);
  if (source === undefined) {
    resolveModelName(model, { env });
    readCap(env[maxCostVariable], maxCostVariable);
    readPrices(env);
  } else if (!existsSync(source)) {
    throw new AgentTuneError("recording_invalid", {
      message: `There are no recordings at ${source}.`,
      where: model.startsWith(replayPrefix) ? model : replayVariable,
      remedy: "Name the folder that an evaluation recorded into, or one recording.",
    });
  }
}

/** Where recordings are written: the variable's folder, or one beside the results. */
function recordingsFolder(env: Environment): string {
  return settingOf(env, recordingsVariable) ?? join(packageRoot(), "evals", "results", ".cache", "recordings");
}

/** What a model is replayed from; undefined where it is asked. */
function replaySource(name: string, env: Environment): string | undefined {
  return name.startsWith(replayPrefix) ? name.slice(replayPrefix.length) : settingOf(env, replayVariable);
}

function settingOf(env: Environment, variable: string): string | undefined {
  const text = env[variable]?.trim();
  return text === "" ? undefined : text;
}

function readPrices(env: Environment): PriceTable {
  const text = settingOf(env, pricesVariable);
  if (text === undefined) return {};
  try {
    return pricesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AgentTuneError("usage", {
      message: `The prices cannot be read: ${cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)}`,
      where: pricesVariable,
      remedy: 'Write JSON such as {"openai:my-model": {"input": 1.25, "output": 10}}, US dollars for a million tokens.',
      cause,
    });
  }
}

/** What one run has asked. */
class ModelSession {
  private readonly exchanges: Exchange[] = [];
  private waiting = 0;
  private since = 0;
  private milliseconds = 0;

  constructor(
    private readonly name: string,
    private readonly run: RunOfModel,
  ) {}

  note(exchange: Exchange): void {
    this.exchanges.push(exchange);
  }

  answerFrom(exchange: Exchange): ModelAnswer {
    this.note(exchange);
    const { result, usage } = exchange;
    if (result.kind === "answer") return result.answer;
    throw new ModelCallError(result.failure, result.message, { usage });
  }

  over(model: Model): OpenedModel {
    const ask: Model["ask"] = async (request, options) => {
      if (this.waiting++ === 0) this.since = performance.now();
      try {
        return await model.ask(request, options);
      } catch (error) {
        throw this.ended(error, request);
      } finally {
        if (--this.waiting === 0) this.milliseconds += performance.now() - this.since;
      }
    };
    return {
      model: { id: model.id, ask },
      usage: () => usageOf(this.exchanges),
      waited: () => {
        const waited = this.milliseconds;
        this.milliseconds = 0;
        return waited;
      },
    };
  }

  /** The error as a method is to see it. */
  private ended(error: unknown, { key }: ModelRequest): unknown {
    if (!(error instanceof ModelCallError) || ownFailures.has(error.failure)) return error;
    return new AgentTuneError(error.failure === "replay_missing" ? "recording_invalid" : "model_failed", {
      message: `${this.name} could not be asked (${error.failure}): ${error.message}`,
      where: `${this.run.method} on ${this.run.task}, seed ${this.run.seed}, call ${key}`,
      remedy: remedyOf(error.failure),
      cause: error,
    });
  }
}

function remedyOf(failure: ModelFailure): string {
  switch (failure) {
    case "cap_reached":
      return `Raise ${maxCostVariable} (--max-cost) and run the same command again: what was answered is not paid twice. Models without a built-in price need one in ${pricesVariable}.`;
    case "replay_missing":
      return "Replay with the version and the settings that recorded, or record this run again.";
    default:
      return "Run the same command again when the model can be reached: what was answered is not paid twice.";
  }
}

/** Summed in the order of the calls' names, so that calls in parallel give the same sum in any order. */
function usageOf(exchanges: readonly Exchange[]): ModelUsage {
  const total = { calls: 0, inputTokens: 0, outputTokens: 0, milliseconds: 0 };
  let usd: number | null = 0;
  for (const { usage, cost, milliseconds } of [...exchanges].sort(
    (a, b) => Number(a.key > b.key) - Number(a.key < b.key),
  )) {
    total.calls += 1;
    total.inputTokens += usage.input + usage.cacheRead + usage.cacheWrite;
    total.outputTokens += usage.output;
    total.milliseconds += milliseconds;
    usd = usd === null || cost === null ? null : usd + cost;
  }
  const { milliseconds, ...counts } = total;
  return { ...counts, usd, seconds: milliseconds / 1000 };
}

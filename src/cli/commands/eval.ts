import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { methodNames } from "../../../evals/methods/method.js";
import {
  carryOutEvaluation,
  type EvaluationAtWork,
  evaluationText,
  keepResults,
  planJson,
  planStudies,
  planText,
} from "../../../evals/studies/index.js";
import { AgentTuneError, ExitCode } from "../../errors.js";
import { shellWord } from "../../report/shell-word.js";
import { reportFailure } from "../failure.js";
import { stopOnSignals } from "../stop-on-signals.js";
import { storeFolderName } from "../surroundings.js";
import type { Terminal } from "../terminal.js";
import { readStudyFile } from "./run.js";

/** Options of `agent-tune eval`, as commander gives them. */
export interface EvalChoice {
  readonly config: string;
  /** Names with commas between them. */
  readonly advisors?: string;
  readonly optimizers?: string;
  readonly trials?: number;
  readonly seeds?: number;
  readonly share?: "adaptive" | number;
  readonly parallel?: number;
  readonly workers: number;
  readonly baseUrl?: string;
  readonly maxCost?: number;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `agent-tune eval`: does a model help on the problem of this study file, by how much, and at what cost? */
export async function evaluate(terminal: Terminal, options: EvalChoice): Promise<void> {
  const path = resolve(terminal.cwd, options.config);
  const { trials, seeds, share, parallel, baseUrl, maxCost, workers } = options;
  const plan = await planStudies(
    {
      path,
      text: readStudyFile(path),
      advisors: options.advisors?.split(",").map((name) => name.trim()),
      optimizers: options.optimizers === undefined ? undefined : methodNames(options.optimizers),
      trials,
      seeds,
      share,
      parallel,
      baseUrl,
      maxCost,
    },
    join(dirname(path), storeFolderName),
    terminal.env,
  );
  if (options.dryRun) {
    terminal.out(options.json ? JSON.stringify(planJson(plan)) : planText(plan));
    return;
  }
  terminal.err(planText(plan));
  const command = commandOf(options);
  let work: EvaluationAtWork | undefined;
  const stop = stopOnSignals(
    (reason) => {
      work?.interrupt(reason);
      return work !== undefined;
    },
    (text) => terminal.err(text),
  );
  try {
    const evaluation = await carryOutEvaluation(
      plan,
      {
        surroundings: {
          env: terminal.env,
          holder: { pid: process.pid, host: hostname() },
          nonce: randomUUID,
        },
        workers,
        tell: (line) => terminal.err(line),
      },
      (begun) => {
        work = begun;
        begun.subscribe(stop.note);
      },
    );
    if (evaluation === undefined) {
      throw new AgentTuneError("interrupted", {
        message: "The evaluation was interrupted; nothing is lost.",
        where: plan.folder,
        remedy: `Go on with: ${command}`,
      });
    }
    terminal.out(options.json ? JSON.stringify(evaluation) : evaluationText(evaluation, process.stdout.columns));
    // Beside the studies in any case: a later call must know that there was an answer.
    const folders = new Set([plan.folder, ...(options.out === undefined ? [] : [resolve(terminal.cwd, options.out)])]);
    try {
      for (const file of [...folders].flatMap((folder) => keepResults(folder, evaluation, command)))
        terminal.err(`written: ${file}`);
    } catch (error) {
      // The answer above is all that standard output gets, so that a program reads one document; the rest is said.
      terminal.setExitCode(reportFailure(terminal, error, false));
    }
  } catch (error) {
    const byPerson = AgentTuneError.isInstance(error) && error.code === "interrupted";
    // What a study's error advises is meant for a study that is on its own.
    if (!byPerson) terminal.err(`note: when that is mended the evaluation goes on with: ${command}`);
    throw error;
  } finally {
    stop.release();
  }
}

/** `agent-tune eval list`: what the suites of agent-tune itself are made of. */
export async function list(terminal: Terminal, options: { readonly json?: boolean }): Promise<void> {
  const { catalogue, catalogueText } = await import("../../../evals/studies/catalogue.js");
  const known = catalogue(terminal.env);
  terminal.out(options.json ? JSON.stringify(known) : catalogueText(known));
}

/** Options of `agent-tune eval fetch`. */
export interface FetchChoice {
  readonly folder?: string;
}

/** `agent-tune eval fetch`: benchmark data, verified, into the cache or a folder. */
export async function fetchBenchmarks(terminal: Terminal, { folder }: FetchChoice): Promise<void> {
  const { fetchAll, fetchLine } = await import("../../../evals/tasks/fetch.js");
  const { failed } = await fetchAll({
    env: terminal.env,
    ...(folder === undefined ? {} : { folder: resolve(terminal.cwd, folder) }),
    report(event) {
      const line = fetchLine(event);
      if (line === undefined) return;
      if (event.kind === "present" || event.kind === "downloaded") terminal.out(line);
      else terminal.err(line);
    },
  });
  if (failed.length > 0) terminal.setExitCode(ExitCode.unexpected);
}

/** What was asked, as a command that goes on with it. */
function commandOf(options: EvalChoice): string {
  const { config, advisors, optimizers, trials, seeds, share, parallel, workers, baseUrl, maxCost, out } = options;
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ["-c", config],
    ["--advisors", advisors],
    ["--optimizers", optimizers],
    ["--trials", trials],
    ["--seeds", seeds],
    ["--share", share],
    ["--parallel", parallel],
    ["--workers", workers === 1 ? undefined : workers],
    ["--base-url", baseUrl],
    ["--max-cost", maxCost],
    ["--out", out],
  ];
  const words = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellWord(String(value))]));
  return ["agent-tune eval", ...words, ...(options.json ? ["--json"] : [])].join(" ");
}

import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ModelCoder } from "../../code/coder/index.js";
import { passingOf } from "../../code/parameters/index.js";
import type { CodeSettings } from "../../code/settings.js";
import { AgentTuneError } from "../../errors.js";
import type { CodeRunning } from "../../executors/index.js";
import { splitWords } from "../../trials/command/words.js";
import { openSandbox } from "../../trials/sandbox/index.js";
import type { TrialSettings } from "../../trials/settings.js";
import { systemClock } from "../clock.js";
import type { Surroundings } from "../session.js";
import type { StudyCode, StudyParts } from "../study.js";
import type { StudyDefinition } from "../study-file/study-definition.js";
import { TryOut } from "./try-out.js";
import { Workshop } from "./workshop.js";

/** What has to be there before the executor of a study that searches its code. */
export interface CodeOnDisk {
  readonly workshop: Workshop;
  readonly running: CodeRunning;
}

/**
 * The sandbox, tried, and the place of the versions on the disk; undefined where the study does not search its code.
 *
 * @param path of the study file
 * @throws AgentTuneError `sandbox_unavailable`
 */
export async function codeRunning(
  { store, env }: Surroundings,
  id: string,
  { code, trial, objective, space }: StudyDefinition,
  path: string,
): Promise<CodeOnDisk | undefined> {
  if (code === undefined) return undefined;
  const folder = dirname(path);
  const studyFolder = store.folderOf(id);
  const holdout = code.holdout.map((each) => resolve(folder, each));
  const workshop = new Workshop({
    settings: code,
    metric: objective.metric,
    python: pythonOf(trial),
    space,
    passing: passingOf(trial),
    studyFolder,
    folder,
    excluded: [store.folder, ...holdout],
    environment: env,
  });
  const { evaluate, network } = code;
  const running: CodeRunning = {
    sandbox: await openSandbox(code.sandbox, { environment: env }),
    network,
    hidden: [store.folder, ...(env.HOME === undefined ? [] : [join(env.HOME ?? homedir(), ".agent-tune")])],
    holdout,
    ...(evaluate === undefined ? {} : { evaluate: evaluationOf(evaluate) }),
    verify: (checkout) => workshop.verify(checkout),
  };
  return { workshop, running };
}

/** The search of code of one study, put together. @throws AgentTuneError `credentials_missing` without a model */
export function studyCode(
  { store, clock = systemClock, nonce }: Surroundings,
  id: string,
  { code, trial, advisor }: StudyDefinition,
  { executor, settings, model }: StudyParts,
  { workshop }: CodeOnDisk,
): StudyCode {
  if (code === undefined || model === undefined) throw noModel(advisor.model);
  const { command } = trial;
  return {
    code,
    coder: new ModelCoder({ model, monotonic: clock.monotonic, nonce: randomUUID }),
    workshop,
    tryOut: new TryOut({
      study: id,
      studyFolder: store.folderOf(id),
      seed: settings.seed,
      executor,
      workshop,
      mark: nonce,
      now: clock.now,
    }),
    setting: {
      rules: { editable: code.editable, locked: code.locked },
      command: commandText(command),
      passing: passingOf(trial).sentence,
      ...(code.evaluate === undefined
        ? {}
        : { evaluate: { command: commandText(code.evaluate.command), sees: code.evaluate.sees } }),
    },
  };
}

function evaluationOf({ command, checkpoint, sees, time }: NonNullable<CodeSettings["evaluate"]>) {
  return {
    command,
    sees,
    ...(checkpoint === "." ? {} : { checkpoint }),
    ...(time === undefined ? {} : { seconds: time }),
  };
}

/** Interpreter of the training command where it is Python; the usual one for checks of Python files otherwise. */
function pythonOf({ command }: Pick<TrialSettings, "command">): string {
  const [first = ""] = typeof command === "string" ? splitWords(command) : command;
  return /(?:^|\/)python[\d.]*$/.test(first) ? first : "python3";
}

function commandText(command: string | readonly string[]): string {
  return typeof command === "string" ? command : command.join(" ");
}

/** Nobody is there to write code. */
export function noModel(name: string): AgentTuneError {
  return new AgentTuneError("credentials_missing", {
    message: `The code is to be edited, and no language model is there to do it (advisor: ${name}).`,
    remedy:
      "Name one with --model provider:name and set its key, play a recording with --replay, or leave out code and --edit.",
  });
}

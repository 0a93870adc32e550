import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AgentTuneError } from "../../errors.js";
import { Store } from "../../store/index.js";
import { type Overrides, overridesSchema } from "../../study/overrides.js";
import { checkFile, type FileToStart, startFromFile } from "../../study/session.js";
import { parseDuration } from "../../trials/quantity.js";
import { carryOut } from "../carry-out.js";
import { advisorName, type RunChoice, type SettingsChoice } from "../choices.js";
import { storeFolderName, surroundingsOf } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** `agent-tune run`: a new study of a study file. */
export async function run(terminal: Terminal, options: RunChoice): Promise<void> {
  const path = resolve(terminal.cwd, options.config ?? "agent-tune.yaml");
  const text = readStudyFile(path);
  await startAndCarryOut(terminal, options, join(dirname(path), storeFolderName), {
    path,
    text,
    overrides: overridesOf(options),
  });
}

/** A new study in a store folder, which is made only when nothing is wrong with the file. */
export async function startAndCarryOut(
  terminal: Terminal,
  options: RunChoice,
  storeFolder: string,
  file: FileToStart,
): Promise<void> {
  const replay = options.replay === undefined ? undefined : resolve(terminal.cwd, options.replay);
  await checkFile({ env: terminal.env, replay }, file);
  const store = Store.open(storeFolder, { create: true });
  try {
    const study = await startFromFile(surroundingsOf(terminal, store, replay), file);
    const open = store
      .studies()
      .filter(({ id, name, status }) => id !== study.id && name === study.settings.name && status === "open");
    const latest = open.at(-1);
    if (latest !== undefined) {
      terminal.err(
        store.holder(latest.id) === undefined
          ? `note: study ${latest.id} of the same name is unfinished; this is a new one. Go on with the other by: agent-tune resume ${latest.id}`
          : `note: another process works on study ${latest.id} of the same name at this moment; this is a new one beside it.`,
      );
    }
    await carryOut(terminal, study, store, options);
  } finally {
    store.close();
  }
}

/** @throws AgentTuneError `study_file_missing` */
export function readStudyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new AgentTuneError("study_file_missing", {
      message: missing
        ? "There is no study file."
        : `The study file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      remedy: missing
        ? "Write one with: agent-tune init train.py. Or name another with --config."
        : "Check the path and its permissions.",
      cause,
    });
  }
}

/** What was said on the command line in place of the study file. */
export function overridesOf(options: SettingsChoice): Overrides {
  const model = advisorName(options);
  const { trials, time, cost, tokens, seed, parallel, optimizer, warmStart, baseUrl, share, review, edit, sandbox } =
    options;
  return overridesSchema.parse({
    ...(trials === undefined ? {} : { trials }),
    ...(time === undefined ? {} : { time: durationOption(time) }),
    ...(cost === undefined ? {} : { cost }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(seed === undefined ? {} : { seed }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(warmStart === undefined ? {} : { warmStart }),
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(share === undefined ? {} : { share }),
    ...(review === undefined ? {} : { review }),
    ...(edit === undefined ? {} : { edit: [...edit] }),
    ...(sandbox === undefined ? {} : { sandbox }),
  });
}

function durationOption(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new AgentTuneError("usage", {
    message: `--time ${text}: ${parsed.message}`,
    remedy: "For example --time 90s, 30m or 8h.",
  });
}

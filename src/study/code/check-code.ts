import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { matchesGlob } from "../../code/edits/index.js";
import { AgentTuneError } from "../../errors.js";
import { checkEvaluation } from "../../executors/index.js";
import { openSandbox } from "../../trials/sandbox/index.js";
import type { StudyDefinition } from "../study-file/study-definition.js";
import { noModel } from "./code-session.js";

/** Folders that hold no code of the person's own; entries beyond so many are not looked at. */
const skipped: ReadonlySet<string> = new Set([".git", ".agent-tune", "node_modules", ".venv", "__pycache__"]);
const mostEntries = 20_000;

/**
 * Checks all that can be wrong with the search of code before a study is made.
 *
 * @param path of the study file
 * @param hasModel whether a language model, or a recording of one, is there to write code
 * @throws AgentTuneError `study_file_invalid`, `command_invalid`, `sandbox_unavailable`, `credentials_missing`
 */
export async function checkCode(
  { code, space, advisor }: StudyDefinition,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  hasModel: boolean,
): Promise<void> {
  if (code === undefined) return;
  if (!hasModel) throw noModel(advisor.model);
  if (code.evaluate !== undefined) {
    checkEvaluation(code.evaluate, {
      parameters: space.parameters.map(({ name }) => name),
      derived: space.derived.map(({ name }) => name),
    });
  }
  const folder = dirname(path);
  const files = await filesOf(folder);
  for (const pattern of code.editable) {
    if (files.some((file) => matchesGlob(file, pattern))) continue;
    throw new AgentTuneError("study_file_invalid", {
      message: `code.editable: no file matches ${pattern}.`,
      where: folder,
      remedy: "Name files relative to the folder of the study file, such as train.py or model/**.",
    });
  }
  for (const each of code.holdout) {
    if (existsSync(resolve(folder, each))) continue;
    throw new AgentTuneError("study_file_invalid", {
      message: `code.holdout: ${each} is not there.`,
      where: folder,
      remedy: "Name files or folders that only the evaluation may read.",
    });
  }
  await openSandbox(code.sandbox, { environment: env });
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const open = [folder];
  for (let next = open.pop(); next !== undefined && found.length < mostEntries; next = open.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !skipped.has(entry.name)) open.push(path);
      else if (entry.isFile()) found.push(relative(folder, path).split(sep).join("/"));
    }
  }
  return found;
}

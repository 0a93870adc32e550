import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../../src/store/index.js";
import { diskError } from "../../src/store/sqlite-failure.js";
import { type Evaluation, evaluationSchema } from "./document.js";
import { evaluationHtml } from "./html.js";
import { evaluationMarkdown } from "./render.js";

const resultsName = "results.json";

/**
 * Writes results.json, report.md and report.html, each whole or not at all.
 *
 * @returns paths of what was written
 * @throws AgentTuneError `store_full`, `store_unwritable`
 */
export function keepResults(folder: string, evaluation: Evaluation, command: string): readonly string[] {
  const files: readonly (readonly [string, string])[] = [
    [resultsName, `${JSON.stringify(evaluation, null, 1)}\n`],
    ["report.md", evaluationMarkdown(evaluation, command)],
    ["report.html", evaluationHtml(evaluation, command)],
  ];
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw diskError(error, folder);
  }
  return files.map(([name, text]) => {
    const path = join(folder, name);
    writeFileAtomically(path, text);
    return path;
  });
}

/** What an earlier call in the same folder has found; undefined where there is nothing that can be read. */
export function earlierEvaluation(folder: string): Evaluation | undefined {
  const path = join(folder, resultsName);
  if (!existsSync(path)) return undefined;
  try {
    return evaluationSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../../src/errors.js";
import type { Analysis } from "../analysis/index.js";
import { type ResultFile, type RunConditions, renderHtml, renderMarkdown, resultFileSchema } from "../report/index.js";

/**
 * Keeps a result as FOLDER/NAME.json, with NAME.md and NAME.html, which are made from that file and can be made again.
 *
 * @returns the files that were written
 */
export function writeResult(folder: string, name: string, analysis: Analysis, about: RunConditions): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ ...about, analysis }, rounded, 1)}\n`);
  return [file, ...writeReports(file).files];
}

/**
 * Writes the reports of a kept result.
 *
 * @param file NAME.json, as {@link writeResult} leaves it
 * @param folder for NAME.md and NAME.html; beside the result where absent
 * @throws AgentTuneError `usage` where there is no result in that file
 */
export function writeReports(
  file: string,
  folder: string = dirname(file),
): { readonly result: ResultFile; readonly files: readonly string[] } {
  const result = readResult(file);
  const { analysis, ...about } = result;
  const name = basename(file).replace(/\.json$/, "");
  const reports = [
    { path: join(folder, `${name}.md`), text: renderMarkdown(analysis, about) },
    { path: join(folder, `${name}.html`), text: renderHtml(analysis, about) },
  ];
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of reports) writeFileSync(path, text);
  return { result, files: reports.map(({ path }) => path) };
}

function readResult(file: string): ResultFile {
  const unreadable = (message: string, cause?: unknown): AgentTuneError =>
    new AgentTuneError("usage", {
      message,
      where: file,
      remedy: "Name the SUITE.json that an evaluation by npm run eval has written.",
      cause,
    });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw unreadable(`The result cannot be read: ${cause instanceof Error ? cause.message : cause}.`, cause);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unreadable(`This is not JSON: ${cause instanceof Error ? cause.message : cause}.`, cause);
  }
  const parsed = resultFileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [first] = z.prettifyError(parsed.error).split("\n✖");
  throw unreadable(`This is not the result of a suite: ${first}`, parsed.error);
}

/** Six digits are more than the seeds allow; what is not finite becomes null. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(6)) : value;
}

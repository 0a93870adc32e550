import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { AgentTuneError } from "../../errors.js";
import {
  readDataclassFields,
  readPythonConstants,
  rewritePythonConstants,
} from "../../space/importers/python/index.js";
import { nearestName } from "../../space/nearest-name.js";
import type { ParameterValue } from "../../space/parameter.js";

/**
 * Writes a copy of a Python source with other constants into a folder of the trial, in a tree of links that looks
 * like the working directory around it: modules beside the source are imported and files beside it are found as
 * from its own place, and the person's tree is not touched.
 *
 * @param source path of the source, absolute
 * @param root working directory of the command, absolute
 * @param folder empty or missing folder of the trial that takes the tree, absolute
 * @returns absolute path of the copy
 * @throws AgentTuneError `source_rewrite_failed` where a constant is missing, or the copy read back is not what was
 *   asked for
 */
export async function writeConstantsCopy(
  source: string,
  root: string,
  folder: string,
  values: Readonly<Record<string, ParameterValue>>,
): Promise<string> {
  const text = rewritePythonConstants(await readSource(source), values);
  const inside = relative(root, source);
  const base = inside.startsWith("..") || isAbsolute(inside) ? dirname(source) : root;
  const copy = join(folder, relative(base, source));
  await linkAround(base, relative(base, source).split(sep), folder);
  await writeFile(copy, text, { flag: "wx" });
  verify(await readFile(copy, "utf8"), values, source);
  return copy;
}

/**
 * Checks, before anything runs, that each name can be rewritten.
 *
 * @throws AgentTuneError `source_rewrite_failed` where one of them is missing or given again further down
 */
export function checkConstants(text: string, names: readonly string[], source: string): void {
  const known = constantsOf(text);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    const near = missing.flatMap((name) => nearestName(name, [...known.keys()]) ?? []);
    throw new AgentTuneError("source_rewrite_failed", {
      message: `${basename(source)} has no constant ${missing.join(", ")} at its top level.`,
      where: source,
      remedy:
        known.size === 0
          ? "Write each parameter as NAME = value at the top level of the source."
          : `${near.length > 0 ? `Did you mean ${near.join(", ")}? ` : ""}Its constants are ${[...known.keys()].join(", ")}.`,
    });
  }
  rewritePythonConstants(text, Object.fromEntries(names.map((name) => [name, known.get(name) ?? 0])));
}

function verify(text: string, values: Readonly<Record<string, ParameterValue>>, source: string): void {
  const found = constantsOf(text);
  for (const [name, value] of Object.entries(values)) {
    if (found.get(name) === value) continue;
    throw new AgentTuneError("source_rewrite_failed", {
      message: `${name} was to be ${JSON.stringify(value)} but reads back as ${JSON.stringify(found.get(name))}.`,
      where: source,
      remedy: `Write ${name} as one literal at the top level of the source.`,
    });
  }
}

function constantsOf(text: string): ReadonlyMap<string, ParameterValue> {
  return new Map([...readDataclassFields(text), ...readPythonConstants(text)].map(({ name, value }) => [name, value]));
}

async function readSource(source: string): Promise<string> {
  try {
    return await readFile(source, "utf8");
  } catch (cause) {
    throw new AgentTuneError("source_rewrite_failed", {
      message: `The source ${basename(source)} cannot be read.`,
      where: source,
      remedy: "Check pass.parameters.source; it is relative to cwd.",
      cause,
    });
  }
}

/**
 * Makes the folders on the way to the source real and links everything beside them. The entry that holds the trial
 * itself is left out, so that no link leads in a circle.
 */
async function linkAround(base: string, way: readonly string[], folder: string): Promise<void> {
  const [next, ...rest] = way;
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(base)) {
    const target = join(base, entry);
    const holdsTrial = folder === target || folder.startsWith(target + sep);
    if (entry === next || holdsTrial || existsSync(join(folder, entry))) continue;
    await symlink(target, join(folder, entry));
  }
  if (next !== undefined && rest.length > 0) await linkAround(join(base, next), rest, join(folder, next));
}

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Document, isMap, parseDocument, type ScalarTag, stringify } from "yaml";
import { AgentTuneError } from "../../errors.js";
import { nearestName } from "../../space/nearest-name.js";
import type { ParameterValue } from "../../space/parameter.js";

export type ParameterFileFormat = "json" | "yaml";

/** `.yaml` and `.yml` are YAML, everything else JSON. */
export function formatOf(path: string): ParameterFileFormat {
  return /\.ya?ml$/i.test(path) ? "yaml" : "json";
}

/**
 * Writes the values as one flat mapping, in their order, or into a copy of a base. What the base says besides, and
 * the base's own value of a parameter that is not active, stays. Returns the file's absolute path.
 *
 * @param base absolute path of a JSON or YAML file with a key for each value
 * @throws AgentTuneError `command_invalid` where the base is not such a file
 */
export async function writeParameterFile(
  folder: string,
  path: string,
  format: ParameterFileFormat,
  values: Readonly<Record<string, ParameterValue>>,
  base?: string,
): Promise<string> {
  const text = base === undefined ? flatText(values, format) : intoBase(await readBase(base), base, values, format);
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/**
 * Checks, before anything runs, that the base has a place for each name.
 *
 * @throws AgentTuneError `command_invalid` where the base cannot be read or has no key of that name
 */
export async function checkBase(base: string, names: readonly string[]): Promise<void> {
  const document = await readBase(base);
  for (const name of names) placeOf(document, base, name);
}

function intoBase(
  document: Document,
  base: string,
  values: Readonly<Record<string, ParameterValue>>,
  format: ParameterFileFormat,
): string {
  for (const [name, value] of Object.entries(values)) document.setIn(placeOf(document, base, name), value);
  return format === "json" ? `${JSON.stringify(document.toJS(), undefined, 2)}\n` : document.toString({ lineWidth: 0 });
}

async function readBase(base: string): Promise<Document> {
  let text: string;
  try {
    text = await readFile(base, "utf8");
  } catch (cause) {
    throw unusable(base, `The base ${basename(base)} of the parameter file cannot be read.`, undefined, cause);
  }
  const document = parseDocument(text, { version: "1.1", customTags: (tags) => [readableFloat, ...tags] });
  const problem = document.errors[0];
  if (problem !== undefined || !isMap(document.contents)) {
    const why = problem?.message.split("\n")[0] ?? "its top level is not a mapping of names to values.";
    throw unusable(base, `The base ${basename(base)} of the parameter file is not usable: ${why}`);
  }
  return document;
}

/** A key that has the dots in its own name comes before a path of keys. */
function placeOf(document: Document, base: string, name: string): readonly string[] {
  const place = [[name], name.split(".")].find((keys) => document.hasIn(keys) && !isMap(document.getIn(keys)));
  if (place !== undefined) return place;
  const near = nearestName(name, leavesOf(document.contents));
  throw unusable(
    base,
    `The base ${basename(base)} has no value named ${name}.`,
    near === undefined
      ? `Add ${name} to it with the value that is used now, or name the parameter like a key that it has.`
      : `Did you mean ${near}? Otherwise add ${name} to it with the value that is used now.`,
  );
}

function leavesOf(node: unknown, above: readonly string[] = []): string[] {
  if (!isMap(node)) return above.length === 0 ? [] : [above.join(".")];
  return node.items.flatMap(({ key, value }) => leavesOf(value, [...above, String(key)]));
}

function unusable(base: string, message: string, remedy?: string, cause?: unknown): AgentTuneError {
  return new AgentTuneError("command_invalid", {
    message,
    where: base,
    remedy: remedy ?? "Check pass.parameters.base; it is a JSON or YAML file, relative to cwd.",
    cause,
  });
}

/** Only writes: no text has this form that the tags after it would not read. */
const readableFloat: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => typeof value === "number" && /^-?\d+e/.test(String(value)),
  test: /^(?!)/,
  resolve: Number,
  stringify: ({ value }) => yamlNumber(Number(value)),
};

function flatText(values: Readonly<Record<string, ParameterValue>>, format: ParameterFileFormat): string {
  return format === "json" ? `${JSON.stringify(values, undefined, 2)}\n` : yamlText(values);
}

/** YAML 1.1 readers, Python's among them, take 1e-05 for text; a number is written so that all read a number. */
function yamlText(values: Readonly<Record<string, ParameterValue>>): string {
  const text = (value: ParameterValue) =>
    typeof value === "number" ? yamlNumber(value) : stringify(value, { version: "1.1", lineWidth: 0 }).trimEnd();
  return Object.entries(values)
    .map(([name, value]) => `${stringify(name, { version: "1.1", lineWidth: 0 }).trimEnd()}: ${text(value)}\n`)
    .join("");
}

function yamlNumber(value: number): string {
  const text = String(value);
  const exponent = /^(-?\d+)(\.\d+)?e([+-]\d+)$/.exec(text);
  return exponent === null ? text : `${exponent[1]}${exponent[2] ?? ".0"}e${exponent[3]}`;
}

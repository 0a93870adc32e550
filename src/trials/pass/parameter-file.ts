import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { ParameterValue } from "../../space/parameter.js";

export type ParameterFileFormat = "json" | "yaml";

/** `.yaml` and `.yml` are YAML, everything else JSON. */
export function formatOf(path: string): ParameterFileFormat {
  return /\.ya?ml$/i.test(path) ? "yaml" : "json";
}

/** Writes the values as one flat mapping, in their order. Returns the file's absolute path. */
export async function writeParameterFile(
  folder: string,
  path: string,
  format: ParameterFileFormat,
  values: Readonly<Record<string, ParameterValue>>,
): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, format === "json" ? `${JSON.stringify(values, undefined, 2)}\n` : yamlText(values));
  return file;
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

import type { ParameterValue } from "../../parameter.js";

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * A value as a Python literal: True, 0.001 (the shortest text that reads back as the same double), "adamw". Strings
 * are written in ASCII as Python's `ascii` does, so that the file's encoding does not matter.
 *
 * @param float write whole numbers as 3.0, because the constant was a float
 * @returns undefined where Python has no literal for it (NaN, infinity)
 */
export function formatPythonLiteral(value: ParameterValue, float: boolean): string | undefined {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return formatString(value);
  if (!Number.isFinite(value)) return undefined;
  if (!Number.isInteger(value)) return String(value);
  // Beyond 2^53 a double stands for many integers; written as a float it says so.
  if (!float && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes("e") ? text : `${text}.0`;
}

function formatString(value: string): string {
  const quote = value.includes('"') && !value.includes("'") ? "'" : '"';
  let body = "";
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (character === quote) body += `\\${quote}`;
    else if (shortEscapes.has(character)) body += shortEscapes.get(character);
    else if (code >= 0x20 && code < 0x7f) body += character;
    else if (code <= 0xff) body += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code <= 0xffff) body += `\\u${code.toString(16).padStart(4, "0")}`;
    else body += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return quote + body + quote;
}

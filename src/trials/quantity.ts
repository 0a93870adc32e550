import { z } from "zod";

/** Seconds for each unit of time that a study file may use. */
const secondsPerUnit: ReadonlyMap<string, number> = new Map([
  ["ms", 0.001],
  ["s", 1],
  ["m", 60],
  ["min", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** Bytes for each unit of size: SI units are powers of 1000, IEC units powers of 1024 (IEC 80000-13). */
const bytesPerUnit: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["kB", 1e3],
  ["KB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
  ["TiB", 1024 ** 4],
]);

const durationForm = /^(?:\d+(?:\.\d+)?\s*(?:ms|s|min|m|h|d)\s*)+$/;
const sizeForm = /^\d+(?:\.\d+)?\s*(?:[kKMGT]?B|[KMGT]iB)$/;

type Parsed = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string };

/** Reads `90s`, `5m`, `1h30m`, `500 ms` as seconds. The empty duration and zero are refused. */
export function parseDuration(text: string): Parsed {
  const trimmed = text.trim();
  if (!durationForm.test(trimmed))
    return { ok: false, message: explain(text, "a duration", "s, m, h or d", ["90s", "5m", "2h"]) };
  let seconds = 0;
  for (const part of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g)) {
    seconds += Number(part[1]) * (secondsPerUnit.get(part[2] ?? "") ?? Number.NaN);
  }
  return positive(seconds, text);
}

/** Reads `512MB` (10^6) or `2GiB` (2^30) as whole bytes. */
export function parseSize(text: string): Parsed {
  const trimmed = text.trim();
  if (!sizeForm.test(trimmed))
    return { ok: false, message: explain(text, "a size", "MB, GB, MiB or GiB", ["512MB", "2GiB"]) };
  const part = /^(\d+(?:\.\d+)?)\s*(\w+)$/.exec(trimmed);
  return positive(Math.round(Number(part?.[1]) * (bytesPerUnit.get(part?.[2] ?? "") ?? Number.NaN)), text);
}

/** A duration in a study file, parsed to seconds. A bare number is an error that names the units. */
export const durationSchema = quantitySchema(parseDuration, {
  pattern: durationForm.source,
  examples: ["90s", "5m", "1h30m"],
  missingUnit: (value) => explain(String(value), "a duration", "s, m, h or d", [`${value}s`, `${value}m`]),
});

/** A size in a study file, parsed to bytes. A bare number is an error that names the units. */
export const sizeSchema = quantitySchema(parseSize, {
  pattern: sizeForm.source,
  examples: ["512MB", "2GiB"],
  missingUnit: (value) => explain(String(value), "a size", "MB, GB, MiB or GiB", [`${value}MB`, `${value}GiB`]),
});

/** `90s`, `5m 30s`, `2h`: for messages. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  if (seconds < 120) return `${Number(seconds.toPrecision(3))}s`;
  const whole = Math.round(seconds);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  return parts
    .filter(([amount]) => amount > 0)
    .slice(0, 2)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(" ");
}

/** `512 MiB`, `1.5 GiB`: for messages. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toPrecision(amount >= 1000 ? 4 : 3))} ${units[unit]}`;
}

function positive(value: number, text: string): Parsed {
  return value > 0 && Number.isFinite(value)
    ? { ok: true, value }
    : { ok: false, message: `"${text}" must be more than zero.` };
}

function explain(text: string, what: string, units: string, examples: readonly string[]): string {
  const bare = /^\s*-?\d+(?:\.\d+)?\s*$/.test(text);
  return bare
    ? `${text.trim()} has no unit; write ${examples.join(" or ")} (${units}).`
    : `"${text}" is not ${what}; write for example ${examples.join(" or ")}.`;
}

function quantitySchema(
  parse: (text: string) => Parsed,
  words: {
    readonly pattern: string;
    readonly examples: readonly string[];
    readonly missingUnit: (value: unknown) => string;
  },
) {
  return z
    .string({
      error: (issue) =>
        typeof issue.input === "number"
          ? words.missingUnit(issue.input)
          : `Write for example ${words.examples.join(" or ")}.`,
    })
    .meta({ pattern: words.pattern, examples: [...words.examples] })
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.addIssue({ code: "custom", message: parsed.message });
      return z.NEVER;
    });
}

import { longestName, parseNumber, type Reading } from "./reading.js";

/** With thousands as Python's `,` format writes them. */
const number = String.raw`[+-]?(?:(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf(?:inity)?)`;
/**
 * What may follow a number: not a letter, colon or further digit, so that 12:30 and 12ms are no metrics, and 0,53 is
 * not 0.
 */
const afterNumber = String.raw`(?=$|,(?!\d)|[\s;|)\]}%'"/±│┃])`;
/** Before a number in what Python prints of a value that nobody unpacked: `tensor(0.5, ...)`, `np.float64(0.5)`. */
const wrapper = String.raw`(?:(?:tensor|Array|(?:np|numpy|jnp|torch|tf)\.\w+)\(\[?)?`;
const pair = new RegExp(
  String.raw`(?<![\w./%@+-])['"]?([A-Za-z_][\w./%@+-]*)['"]?\s*[:=]\s*['"]?${wrapper}(${number})${afterNumber}`,
  "gi",
);
const mayHoldReading = /\d|nan|inf/i;

/** Longest part of a line that a user's own expression is tried on, which bounds what a slow one can cost. */
const longestForPattern = 4096;

export type LineReader = (line: string) => readonly Reading[];

/**
 * Reads `name: number`, `name = number` and `name=number` wherever they stand in a line, also as the entries of a
 * printed dictionary. Names that are known beforehand, which may hold spaces, need no sign between (`loss 1.23`), or stand in a table (`│ loss │ 1.23 │`).
 *
 * @param known names that the study asks for
 * @param stepWords words before a step number; they are the step of the line's readings, not metrics themselves
 */
export function defaultLineReader(known: readonly string[], stepWords: readonly string[]): LineReader {
  const step = stepWords.length === 0 ? undefined : new RegExp(stepSource(stepWords), "i");
  const named = known.map(
    (name) =>
      [
        name,
        new RegExp(
          String.raw`(?<![\w./%@+-])['"]?${literally(name)}['"]?(?:\s*[:=│┃]\s*|\s+)['"]?${wrapper}(${number})${afterNumber}`,
          "gi",
        ),
      ] as const,
  );
  const skip = new Set([...stepWords, ...known].map((word) => word.toLowerCase()));
  return (line) => {
    if (!mayHoldReading.test(line)) return [];
    const at = step?.exec(line)?.[1];
    const position = at === undefined ? {} : { step: Number(at) };
    const readings: Reading[] = [];
    for (const [metric, expression] of named) {
      for (const match of line.matchAll(expression)) {
        const value = printedNumber(match[1]);
        if (value !== undefined) readings.push({ metric, value, ...position });
      }
    }
    for (const match of line.matchAll(pair)) {
      const metric = match[1] ?? "";
      const value = printedNumber(match[2]);
      if (value === undefined || metric.length > longestName || skip.has(metric.toLowerCase())) continue;
      readings.push({ metric, value, ...position });
    }
    return readings;
  };
}

/**
 * Reads what a user's expression finds: group `value`, `metric` where there is one (otherwise the objective's) and
 * `step` where there is one.
 */
export function patternLineReader(pattern: string, objective: string): LineReader {
  const expression = new RegExp(pattern, "gu");
  return (line) => {
    const readings: Reading[] = [];
    for (const { groups } of line.slice(0, longestForPattern).matchAll(expression)) {
      const value = parseNumber((groups?.value ?? "").trim());
      if (value === undefined) continue;
      const metric = groups?.metric?.trim() ?? objective;
      const step = parseNumber((groups?.step ?? "").trim());
      readings.push(step === undefined || !Number.isFinite(step) ? { metric, value } : { metric, value, step });
    }
    return readings;
  };
}

function printedNumber(text = ""): number | undefined {
  return parseNumber(text.replaceAll(",", ""));
}

function stepSource(words: readonly string[]): string {
  const names = words.map(literally).join("|");
  return String.raw`(?<![\w./-])['"]?(?:${names})['"]?\s*[:=#]?\s*\[?(\d+)(?![\w.])`;
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

import { longestName, type Reading } from "./reading.js";

/** Objects within objects are read this deep; a name is then the path joined with dots. */
const deepest = 4;

/**
 * Reads the numbers of one JSON object. Python writes NaN and Infinity into JSON, where they are not allowed; they
 * are read all the same, because they are what divergence looks like. Undefined where the text is not an object.
 */
export function jsonReadings(text: string, stepField: string): readonly Reading[] | undefined {
  const parsed = parseObject(text);
  if (parsed === undefined) return undefined;
  const numbers: (readonly [string, number])[] = [];
  collect(parsed, "", 0, numbers);
  const step = numbers.find(([name, value]) => name === stepField && Number.isFinite(value))?.[1];
  return numbers
    .filter(([name]) => name !== stepField)
    .map(([metric, value]) => (step === undefined ? { metric, value } : { metric, value, step }));
}

const notFinite: ReadonlyMap<unknown, number> = new Map([
  ["\u0000NaN", Number.NaN],
  ["\u0000Infinity", Number.POSITIVE_INFINITY],
  ["\u0000-Infinity", Number.NEGATIVE_INFINITY],
]);

function parseObject(text: string): object | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  for (const candidate of [text, quoteNotFinite(text)]) {
    try {
      const value: unknown = JSON.parse(candidate);
      return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
    } catch {
      // Not JSON as it stands: with NaN quoted it may be.
    }
  }
  return undefined;
}

function quoteNotFinite(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : `"\\u0000${token}"`,
  );
}

function collect(object: object, prefix: string, depth: number, into: (readonly [string, number])[]): void {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (name.length > longestName) continue;
    const number = typeof value === "number" ? value : notFinite.get(value);
    if (number !== undefined) into.push([name, number]);
    else if (typeof value === "object" && value !== null && !Array.isArray(value) && depth < deepest) {
      collect(value, name, depth + 1, into);
    }
  }
}

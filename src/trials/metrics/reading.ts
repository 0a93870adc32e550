/** One value of one metric as it was printed, before a step is counted for it. */
export interface Reading {
  readonly metric: string;
  readonly value: number;
  readonly step?: number;
}

/** Longest name of a metric; longer ones are not names. */
export const longestName = 200;

const words: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
]);

/** Reads a number as programming languages print it, `nan`, `-inf` and `+Infinity` included. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const word = words.get(text.replace(/^[+-]/, "").toLowerCase());
  if (word !== undefined) return sign * word;
  if (!/^[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  return Number(text.replaceAll("_", ""));
}

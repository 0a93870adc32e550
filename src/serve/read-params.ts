import { nearestName } from "../space/index.js";
import { isObject, type Params } from "./json-rpc.js";
import { invalidParams } from "./rpc-error.js";

/*
 * Reads the parameters of the calls that come thousands of times a second, by hand: a schema takes several times
 * longer. The rare, large ones (a study's definition) are read by a schema.
 */

/** @throws RpcError for a name that means nothing here: a misspelt option must not be ignored */
export function checkNames(params: Params, known: readonly string[], where: string): void {
  for (const name of Object.keys(params)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw invalidParams(
      `${where}.${name}`,
      `there is no such parameter${near === undefined ? "" : `; did you mean ${near}?`}`,
      `What there is: ${known.join(", ")}.`,
    );
  }
}

/** A finite number, where it is given. */
export function readNumber(params: Params, name: string, where: string): number | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw invalidParams(`${where}.${name}`, "is not a number");
  }
  return value;
}

/** A number in a range, where it is given. */
export function readWithin(
  params: Params,
  name: string,
  where: string,
  range: { readonly low: number; readonly high: number; readonly says: string },
): number | undefined {
  const value = readNumber(params, name, where);
  if (value !== undefined && !(value >= range.low && value <= range.high)) {
    throw invalidParams(`${where}.${name}`, `is ${value}, and must be ${range.says}`);
  }
  return value;
}

/** A whole number from `low`, where it is given. */
export function readWhole(params: Params, name: string, where: string, low: number): number | undefined {
  const value = readNumber(params, name, where);
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= low)) {
    throw invalidParams(`${where}.${name}`, `is ${value}, and must be a whole number from ${low}`);
  }
  return value;
}

export function readText(params: Params, name: string, where: string): string | undefined {
  const value = params[name];
  if (value === undefined || typeof value === "string") return value;
  throw invalidParams(`${where}.${name}`, "is not a text");
}

export function readList(params: Params, name: string, where: string): readonly unknown[] | undefined {
  const value = params[name];
  if (value === undefined || Array.isArray(value)) return value;
  throw invalidParams(`${where}.${name}`, "is not a list");
}

export function readObject(value: unknown, where: string): Params {
  if (isObject(value)) return value;
  throw invalidParams(where, "is not an object");
}

/** Which of the texts it is, where it is given. */
export function readOneOf<const Choice extends string>(
  params: Params,
  name: string,
  where: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidParams(`${where}.${name}`, "is not known", `Choose one of: ${choices.join(", ")}.`);
}

const notFinite: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  // What JSON makes of a value that is not a number in languages that have no error for it.
  [null, Number.NaN],
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["+infinity", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/** A measured value: a number, or null or a text such as "NaN" for one that is not finite. */
export function readMeasurement(value: unknown, where: string): number {
  if (typeof value === "number") return value;
  const found = notFinite.get(typeof value === "string" ? value.toLowerCase() : value);
  if (found !== undefined) return found;
  throw invalidParams(where, 'is neither a number nor "NaN", "Infinity" or "-Infinity"');
}

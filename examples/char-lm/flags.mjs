/**
 * Reads `--name=value` flags against a table of `{ value, choices | check, help }`; `value` is the default.
 *
 * Defaults are read from text too: V8 then keeps whole numbers as integers, without which the index arithmetic of the
 * matrix product takes twice as long.
 */
export function readFlags(table, args) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [name, readValue(name, flag, String(flag.value))]),
  );
  for (const argument of args) {
    const [, name, text] = /^--([^=]+)=(.*)$/s.exec(argument) ?? [];
    if (name === undefined) throw new FlagError(`cannot read ${argument}: write --name=value`);
    if (!Object.hasOwn(table, name)) {
      throw new FlagError(`unknown flag --${name}; known: ${Object.keys(table).join(", ")}`);
    }
    options[name] = readValue(name, table[name], text);
  }
  return options;
}

export class FlagError extends Error {}

function readValue(name, flag, text) {
  if (flag.choices !== undefined) {
    if (flag.choices.includes(text)) return text;
    throw new FlagError(`--${name} must be one of ${flag.choices.join(", ")}, not "${text}"`);
  }
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const problem = Number.isFinite(number) ? flag.check(number) : "must be a number";
  if (problem !== undefined) throw new FlagError(`--${name} ${problem}, not "${text}"`);
  return number;
}

export function describeFlags(table) {
  return Object.entries(table)
    .map(([name, flag]) => `  --${name}=${flag.value}`.padEnd(28) + (flag.choices?.join(" | ") ?? flag.help))
    .join("\n");
}

export const positive = (number) => (number > 0 ? undefined : "must be greater than 0");
export const notNegative = (number) => (number >= 0 ? undefined : "must not be negative");
export const fraction = (number) => (number >= 0 && number < 1 ? undefined : "must be at least 0 and less than 1");
export const integer = (number) => (Number.isSafeInteger(number) ? undefined : "must be a whole number");
export const positiveInteger = (number) => integer(number) ?? positive(number);

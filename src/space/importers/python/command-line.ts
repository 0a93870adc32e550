import type { Discovered, ScriptReading, Style } from "../discovered.js";
import type { CallArguments } from "./call-arguments.js";
import { evaluateLiteral, type PythonLiteral } from "./literal.js";
import type { PythonConstant } from "./python-constant.js";
import { type PythonSource, textOf } from "./python-source.js";

/** Options of a command line that a script defines, with those that have no default apart. */
export interface CommandLine {
  readonly discovered: readonly Discovered[];
  readonly required: ScriptReading["required"];
}

/** Constants of the module by name: defaults often refer to them. */
export type Constants = ReadonlyMap<string, PythonConstant>;

/** What one option with a default declares. */
export interface DeclaredOption {
  readonly style: Style;
  readonly name: string;
  /** Absent for positional arguments. */
  readonly flag: string | undefined;
  readonly line: number;
  /** Python's name of the type, where one is given. */
  readonly type: string | undefined;
  readonly literal: PythonLiteral;
  readonly help: string | undefined;
  readonly choices?: readonly PythonLiteral[] | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly obstacle?: string | undefined;
}

export function discoveredOption(declared: DeclaredOption): Discovered {
  const { style, name, line, type, literal, choices, help, low, high, flag } = declared;
  const { kind } = literal;
  const isText = type === "str" || type === "string";
  const mismatch = (type === "int" && kind !== "int") || (isText && kind !== "string");
  const obstacle = declared.obstacle ?? (mismatch ? `its default is no ${type}` : undefined);
  return {
    style,
    name,
    kind: kind === "int" && type === "float" ? "float" : kind,
    default: literal.value,
    line,
    ...(help === undefined ? {} : { help }),
    ...(choices === undefined ? {} : { choices: choices.map((choice) => choice.value) }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(flag === undefined ? {} : { flag }),
    ...(obstacle === undefined ? {} : { obstacle }),
  };
}

/** A switch stands or does not; a value cannot be passed to it. */
export function discoveredSwitch(
  declared: Pick<DeclaredOption, "style" | "name" | "flag" | "line" | "help"> & { readonly value: boolean },
): Discovered {
  const { value, ...option } = declared;
  return discoveredOption({
    ...option,
    type: undefined,
    literal: { kind: "boolean", value },
    obstacle: `a switch (${option.flag ?? option.name}) that takes no value`,
  });
}

/** Long option and name that a call with `"-l", "--learning-rate"` declares; positional arguments have no flag. */
export function optionNames(
  source: PythonSource,
  call: CallArguments,
): { readonly name: string; readonly flag: string | undefined; readonly isSwitch: boolean } | undefined {
  const words = call.positional
    .map((node) => evaluateLiteral(source, node)?.value)
    .filter((value): value is string => typeof value === "string");
  const flags = words.filter((word) => word.startsWith("-"));
  const bare = words.find((word) => !word.startsWith("-"));
  const spelled = flags.find((word) => word.startsWith("--")) ?? flags[0];
  if (spelled === undefined) return bare === undefined ? undefined : { name: bare, flag: undefined, isSwitch: false };
  const flag = spelled.split("/")[0]?.trim() ?? spelled;
  const name = bare ?? flag.replace(/^-+/, "").replaceAll("-", "_");
  return { name, flag, isSwitch: spelled.includes("/") };
}

export function keywordText(source: PythonSource, call: CallArguments, keyword: string): string | undefined {
  const node = call.keywords.get(keyword);
  return node === undefined ? undefined : textOf(source, node);
}

export function stringKeyword(source: PythonSource, call: CallArguments, keyword: string): string | undefined {
  const node = call.keywords.get(keyword);
  const value = node === undefined ? undefined : evaluateLiteral(source, node)?.value;
  return typeof value === "string" ? value : undefined;
}

export function numberKeyword(
  source: PythonSource,
  call: CallArguments | undefined,
  keyword: string,
): number | undefined {
  const node = call?.keywords.get(keyword);
  const value = node === undefined ? undefined : evaluateLiteral(source, node)?.value;
  return typeof value === "number" ? value : undefined;
}

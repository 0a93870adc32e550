import type { ParameterValue } from "../parameter.js";

/** How a script declares its settings, which is also how they can be given other values. */
export const styles = ["argparse", "click", "typer", "dataclass", "constants", "config-file"] as const;
export type Style = (typeof styles)[number];

/** One setting of a script, before anything is decided about it. */
export interface Discovered {
  readonly style: Style;
  /** `learning_rate`, `LEARNING_RATE`, `Config.lr`, or the dotted path of keys in a file. */
  readonly name: string;
  readonly kind: "int" | "float" | "string" | "boolean";
  /** The type is only that of the default: a 1 may stand for 1.0. */
  readonly untyped?: true;
  readonly default: ParameterValue;
  /** From 1. */
  readonly line: number;
  /** Help text or comment, in the author's words. */
  readonly help?: string;
  /** All values that the script says it takes. */
  readonly choices?: readonly ParameterValue[];
  /** Limits that the script enforces itself. */
  readonly low?: number;
  readonly high?: number;
  /** Option on the command line, for example `--batch-size`. */
  readonly flag?: string;
  /** Why the value cannot be passed, although it was found. */
  readonly obstacle?: string;
}

/** A metric that the script seems to print. */
export interface MetricCandidate {
  readonly name: string;
  readonly direction: "minimize" | "maximize";
  /** False where the name says nothing about the direction and minimize is only assumed. */
  readonly certain: boolean;
  /** Where it is printed, from 1; absent where a person named it. */
  readonly line?: number;
  /** How it is printed. */
  readonly from: "lines" | "json_lines";
}

/** Everything that was read from one script or file. Nothing here was decided; see propose-space.ts. */
export interface ScriptReading {
  readonly path: string;
  readonly discovered: readonly Discovered[];
  /** Options and arguments without a default: the command has to give them. */
  readonly required: readonly { readonly name: string; readonly flag?: string; readonly line: number }[];
  /** Best candidate first. */
  readonly metrics: readonly MetricCandidate[];
  /** What the source compares a setting with, by the last part of the setting's name. */
  readonly alternatives: ReadonlyMap<string, readonly string[]>;
  /** Conditions over settings, by the last part of their names, that the script insists on. */
  readonly assertions: readonly { readonly expression: string; readonly line: number }[];
  /** A dataclass of the script becomes its command line through a library, under the fields' own names. */
  readonly dataclassIsCommandLine: boolean;
  /** Lines that could not be parsed, for a warning. */
  readonly unreadableLines: readonly number[];
}

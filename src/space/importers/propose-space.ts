import { parseExpression } from "../expression/index.js";
import type { Parameter, ParameterValue } from "../parameter.js";
import { type Discovered, type ScriptReading, type Style, styles } from "./discovered.js";
import { decide, headCount, modelWidth, type Verdict, wordsOf } from "./naming-rules.js";
import { type Range, within } from "./range.js";

/** A parameter with the reason for its range. */
export interface ProposedParameter {
  readonly parameter: Parameter;
  readonly reason: string;
  /** Where the script declares it. */
  readonly line: number;
  /** Option that takes it, where it is passed on the command line. */
  readonly flag?: string;
  /** What somebody changed about the proposal and why, in order; see improve.ts. */
  readonly remarks?: readonly string[];
}

/** A setting that stays as it is. */
export interface SkippedSetting {
  readonly name: string;
  readonly default: ParameterValue;
  readonly reason: string;
  readonly line: number;
}

export interface ProposedConstraint {
  readonly expression: string;
  readonly reason: string;
}

/** A search space as it can be proposed from a script alone, and what was left out of it. */
export interface ProposedSpace {
  /** How the settings that are tuned are declared, and so how values reach the script. */
  readonly style: Style;
  readonly parameters: readonly ProposedParameter[];
  readonly constraints: readonly ProposedConstraint[];
  readonly skipped: readonly SkippedSetting[];
  /** The setting that takes the seed; never a parameter. */
  readonly seed?: Discovered;
}

interface Decided {
  readonly setting: Discovered;
  readonly verdict: Verdict;
}

/**
 * Proposes a typed search space by what is known about the settings' names, types and defaults. Settings of one style
 * only are tuned, because one study passes its parameters in one way: the style with the most tunable settings.
 * Undefined where the script declares no settings at all.
 */
export function proposeSpace(reading: ScriptReading): ProposedSpace | undefined {
  if (reading.discovered.length === 0) return undefined;
  const decided = reading.discovered.map((discovered) => {
    const setting = forDelivery(discovered, reading);
    return { setting, verdict: decide(setting, alternativesOf(setting, reading)) };
  });
  const style = bestStyle(decided);
  const parameters: ProposedParameter[] = [];
  const skipped: SkippedSetting[] = [];
  const seen = new Set<string>();
  let seed: Discovered | undefined;
  for (const { setting, verdict } of decided) {
    const skip = (reason: string): void => {
      skipped.push({ name: setting.name, default: setting.default, reason, line: setting.line });
    };
    if (setting.style !== style) {
      // The default of an option is often a constant of the module: one and the same setting.
      if (verdict.decision === "tune") skip(`declared as ${words[setting.style]}; this study tunes ${words[style]}`);
      continue;
    }
    if (seen.has(setting.name)) {
      skip(`declared twice; the declaration on another line is tuned`);
      continue;
    }
    seen.add(setting.name);
    if (verdict.decision === "seed") {
      if (seed === undefined && setting.kind === "int" && setting.obstacle === undefined) seed = setting;
      skip("the seed is never tuned: the best of many seeds is luck");
      continue;
    }
    if (verdict.decision === "skip") {
      skip(verdict.reason);
      continue;
    }
    const range = within(verdict.range, setting.low, setting.high);
    if (range === undefined || !hasTwoValues(range)) {
      skip("the limits that the script declares leave nothing to choose");
      continue;
    }
    parameters.push({
      parameter: named(setting, range, verdict.unit),
      reason: verdict.reason,
      line: setting.line,
      ...(setting.flag === undefined ? {} : { flag: setting.flag }),
    });
  }
  return {
    style,
    parameters,
    constraints: constraintsAmong(
      parameters,
      decided
        .map(({ setting }) => setting)
        .filter((setting) => setting.style === style || setting.style === "constants"),
      reading,
      style,
    ),
    skipped,
    ...(seed === undefined ? {} : { seed }),
  };
}

const words: Readonly<Record<Style, string>> = {
  argparse: "command-line options",
  click: "command-line options",
  typer: "command-line options",
  dataclass: "fields of a dataclass",
  constants: "constants of the module",
  "config-file": "keys of a file",
};

/** A dataclass that a library turns into a command line is passed as options under its fields' own names. */
function forDelivery(setting: Discovered, reading: ScriptReading): Discovered {
  if (setting.style !== "dataclass" || !reading.dataclassIsCommandLine) return setting;
  const name = setting.name.split(".").at(-1) ?? setting.name;
  const flag = `--${name}`;
  return setting.kind === "boolean"
    ? { ...setting, name, flag, obstacle: `a switch (${flag}) that takes no value` }
    : { ...setting, name, flag };
}

function alternativesOf(setting: Discovered, reading: ScriptReading): readonly string[] {
  return reading.alternatives.get(setting.name.split(".").at(-1) ?? setting.name) ?? [];
}

function bestStyle(decided: readonly Decided[]): Style {
  const tunable = (style: Style): number =>
    decided.filter(({ setting, verdict }) => setting.style === style && verdict.decision === "tune").length;
  const present = styles.filter((style) => decided.some(({ setting }) => setting.style === style));
  return present.reduce((best, style) => (tunable(style) > tunable(best) ? style : best), present[0] ?? "constants");
}

function hasTwoValues(range: Range): boolean {
  switch (range.kind) {
    case "boolean":
      return true;
    case "categorical":
      return range.choices.length > 1;
    case "int":
    case "float":
      return range.low < range.high && range.default >= range.low && range.default <= range.high;
  }
}

function named(setting: Discovered, range: Range, unit: string | undefined): Parameter {
  const described = {
    name: setting.name,
    ...(setting.help === undefined ? {} : { description: setting.help.replace(/\s+/g, " ").slice(0, 200) }),
    ...(unit === undefined ? {} : { unit }),
  };
  return { ...described, ...range };
}

/**
 * Conditions that the script asserts, and heads that must divide the width; only those the defaults satisfy.
 *
 * @param settings of this study's style, and constants: those of other styles may have other values at run time
 */
function constraintsAmong(
  parameters: readonly ProposedParameter[],
  settings: readonly Discovered[],
  reading: ScriptReading,
  style: Style,
): ProposedConstraint[] {
  const tuned = new Map(parameters.map(({ parameter }) => [lastPart(parameter.name), parameter]));
  const fixed = new Map(
    settings
      .filter(({ obstacle }) => obstacle === undefined)
      .map((setting) => [lastPart(setting.name), setting.default]),
  );
  const defaults: Record<string, ParameterValue> = {};
  for (const { parameter } of parameters) defaults[parameter.name] = parameter.default;
  const constraints: ProposedConstraint[] = [];
  const add = (expression: string, reason: string): void => {
    if (constraints.some((constraint) => constraint.expression === expression)) return;
    if (holds(expression, defaults)) constraints.push({ expression, reason });
  };
  for (const assertion of reading.assertions) {
    const names = [...assertion.expression.matchAll(/[A-Za-z_]\w*/g)].map((match) => match[0]);
    if (
      !names.some((name) => tuned.has(name)) ||
      !names.every((name) => tuned.has(name) || typeof fixed.get(name) === "number")
    ) {
      continue;
    }
    const expression = assertion.expression.replace(
      /(?<![\w.])[A-Za-z_]\w*/g,
      (name) => tuned.get(name)?.name ?? String(fixed.get(name)),
    );
    add(expression, `the script asserts it on line ${assertion.line}`);
  }
  const width = parameters.find(
    ({ parameter }) => modelWidth.test(wordsOf(parameter.name)) && parameter.kind === "int",
  );
  const heads = settings.find(
    (setting) => setting.style === style && headCount.test(wordsOf(setting.name)) && setting.kind === "int",
  );
  if (width !== undefined && heads !== undefined && constraints.length === 0) {
    const divisor = tuned.get(lastPart(heads.name))?.name ?? String(heads.default);
    add(`${width.parameter.name} % ${divisor} == 0`, "attention needs a width that its heads divide");
  }
  return constraints;
}

function lastPart(name: string): string {
  return name.split(".").at(-1) ?? name;
}

function holds(expression: string, defaults: Readonly<Record<string, ParameterValue>>): boolean {
  try {
    return parseExpression(expression).evaluate(defaults) === true;
  } catch {
    // Python that the expressions of a study file do not share: no constraint, the script itself still asserts it.
    return false;
  }
}

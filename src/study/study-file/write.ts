import { stringify } from "yaml";
import type { MetricCandidate, ProposedParameter } from "../../space/importers/index.js";
import type { Parameter } from "../../space/parameter.js";
import { passesOptions, passesPlainArguments, type StudyDraft } from "./draft.js";
import { schemaAddress } from "./json-schema.js";

/**
 * The text of a study file for a draft: every decision with its reason as a comment, what a model said marked as
 * such, what was left out listed with the reason. `parseStudyFile` accepts it.
 */
export function renderStudyFile(draft: StudyDraft): string {
  const sections = [
    header(draft),
    lines(
      `version: 1`,
      `study: ${scalar(draft.study)}`,
      ...(draft.task === undefined ? [] : [`task: ${scalar(draft.task)}`]),
    ),
    lines(...trialLines(draft)),
    lines(...objectiveLines(draft)),
    lines(
      "# Without bounds a trial may run for ever and take all memory.",
      "# limits: {time: 30m, memory: 16GiB}",
      "",
      "budget:",
      `  trials: ${draft.trials}`,
      "  # time: 8h",
      "  # cost: 5 # US dollars for model calls",
    ),
    lines(
      "# auto: the model whose key is in the environment, otherwise the built-in rules. none: the optimizer alone.",
      "advisor: auto",
    ),
    lines("parameters:", ...draft.space.parameters.flatMap(parameterLines)),
    lines(...constraintLines(draft)),
    lines(...skippedLines(draft)),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function header(draft: StudyDraft): string {
  return lines(
    `# yaml-language-server: $schema=${schemaAddress}`,
    `# Written by 'agent-tune init' from ${comment(draft.source)}. Everything here is yours to change.`,
    ...(draft.improvedBy === undefined
      ? []
      : [`# Lines that start with 'model:' are what ${comment(draft.improvedBy)} said.`]),
    ...(draft.toDo.length === 0
      ? []
      : ["#", "# To do before 'agent-tune run':", ...draft.toDo.map((task) => `# - ${comment(task)}`)]),
  );
}

function trialLines(draft: StudyDraft): string[] {
  const { space, source } = draft;
  const { seed } = space;
  const command = [`command: ${scalar(draft.command)}`];
  if (space.style === "config-file") {
    return [
      ...command,
      "pass:",
      `  # Each trial gets a copy of ${comment(source)} with these values written into it; the file itself is not touched.`,
      `  parameters: {to: file, base: ${scalar(source, true)}, path: ${scalar(/\.ya?ml$/i.test(source) ? "parameters.yaml" : "parameters.json", true)}}`,
      ...(seed === undefined ? [] : [`  seed: {key: ${scalar(seed.name, true)}}`]),
    ];
  }
  if (!passesOptions(space)) {
    const constant = seed !== undefined && /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(seed.name) ? seed.name : undefined;
    return [
      ...command,
      "pass:",
      `  # Trials run a copy of the source with these values written into it; the file itself is not touched.`,
      `  parameters: {to: constants, source: ${scalar(source, true)}}`,
      constant === undefined
        ? "  # seed: the source has no constant such as SEED = 1 that could take it"
        : `  seed: {constant: ${constant}}`,
    ];
  }
  if (!passesPlainArguments(space)) return command;
  return [
    ...command,
    "pass:",
    "  parameters: arguments # --name=value for each",
    seed?.flag === undefined
      ? "  # seed: the script has no option such as --seed that could take it"
      : `  seed: {argument: ${scalar(seed.flag, true)}}`,
  ];
}

function objectiveLines(draft: StudyDraft): string[] {
  const { metric } = draft;
  const others = draft.otherMetrics.map(({ name, line }) =>
    line === undefined ? comment(name) : `${comment(name)} (line ${line})`,
  );
  const origin =
    metric === undefined ? "# No metric was found in the source; this is a guess." : foundAt(metric, draft.source);
  return [
    ...(origin === undefined ? [] : [origin]),
    ...(others.length === 0 ? [] : [`# Also printed: ${others.slice(0, 8).join(", ")}.`]),
    "objective:",
    `  metric: ${scalar(metric?.name ?? "val_loss")}`,
    `  direction: ${metric?.direction ?? "minimize"}`,
    ...(metric?.from === "json_lines" ? ["metrics: {from: json_lines}"] : []),
  ];
}

function foundAt({ line, certain }: MetricCandidate, source: string): string | undefined {
  const guess = certain ? "" : "the direction is a guess";
  if (line === undefined) return guess === "" ? undefined : `# ${guess[0]?.toUpperCase()}${guess.slice(1)}.`;
  return `# Found on line ${line} of ${comment(source)}${guess === "" ? "" : `; ${guess}`}.`;
}

function parameterLines({ parameter, reason, line, remarks }: ProposedParameter): string[] {
  return [
    `  # ${comment(reason)} (line ${line})`,
    ...(remarks ?? []).map((remark) => `  # model: ${comment(remark)}`),
    `  ${scalar(parameter.name)}:`,
    ...parameterFields(parameter).map((field) => `    ${field}`),
  ];
}

function parameterFields(parameter: Parameter): string[] {
  const words = [
    ...(parameter.unit === undefined ? [] : [`unit: ${scalar(parameter.unit)}`]),
    ...(parameter.description === undefined ? [] : [`description: ${scalar(parameter.description)}`]),
    ...(parameter.when === undefined ? [] : [`when: ${scalar(parameter.when)}`]),
  ];
  switch (parameter.kind) {
    case "float":
    case "int": {
      const powersOf = parameter.kind === "int" ? parameter.powersOf : undefined;
      return [
        `type: ${parameter.kind}`,
        `low: ${scalar(parameter.low)}`,
        `high: ${scalar(parameter.high)}`,
        ...(parameter.scale === "log" && powersOf === undefined ? ["scale: log"] : []),
        ...(parameter.step === undefined ? [] : [`step: ${scalar(parameter.step)}`]),
        ...(powersOf === undefined ? [] : [`powers_of: ${scalar(powersOf)}`]),
        `default: ${scalar(parameter.default)}`,
        ...words,
      ];
    }
    case "categorical":
      return [
        "type: categorical",
        `choices: [${parameter.choices.map((choice) => scalar(choice, true)).join(", ")}]`,
        `default: ${scalar(parameter.default)}`,
        ...words,
      ];
    case "boolean":
      return ["type: boolean", `default: ${parameter.default}`, ...words];
  }
}

function constraintLines(draft: StudyDraft): string[] {
  if (draft.space.constraints.length === 0) return [];
  return [
    "constraints:",
    ...draft.space.constraints.flatMap(({ expression, reason }) => [
      `  # ${comment(reason)}`,
      `  - ${scalar(expression)}`,
    ]),
  ];
}

function skippedLines(draft: StudyDraft): string[] {
  if (draft.space.skipped.length === 0) return [];
  return [
    `# Not tuned:`,
    ...draft.space.skipped.map(
      (setting) =>
        `# - ${comment(setting.name)} = ${comment(JSON.stringify(setting.default))}: ${comment(setting.reason)} (line ${setting.line})`,
    ),
  ];
}

/**
 * One value as YAML on one line, quoted where it must be.
 *
 * @param flow it stands inside brackets or braces
 */
function scalar(value: string | number | boolean, flow = false): string {
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return String(value);
  if (/^[A-Za-z_][\w./ %*()=<>-]*$/.test(value) && !/\s$/.test(value)) {
    // Words that YAML 1.1 or 1.2 reads as something else than text are left to the library.
    const text = stringify(value, { version: "1.1", lineWidth: 0 }).trimEnd();
    if (text === value && !(flow && /[,[\]{}]/.test(value))) return text;
  }
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/gu, escaped);
}

/** Python's YAML readers take 1e-05 for text; with a point in it everybody reads a number. */
function number(value: number): string {
  const [, whole, fraction, exponent] = /^(-?\d+)(\.\d+)?e([+-]\d+)$/.exec(String(value)) ?? [];
  return whole === undefined ? String(value) : `${whole}${fraction ?? ".0"}e${exponent}`;
}

/** Text from a script or a model on the line of a comment: nothing in it can end the line. */
function comment(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\ufeff\ud800-\udfff]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

function lines(...parts: readonly string[]): string {
  return parts.join("\n");
}

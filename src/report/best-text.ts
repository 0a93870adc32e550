import { stringify } from "yaml";
import { baseVersion } from "../code/version.js";
import { formatPythonLiteral } from "../space/importers/python/format-literal.js";
import type { Configuration, ParameterValue } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import { fileDefinition } from "../study/file-definition.js";
import { storedDefinition } from "../study/stored-definition.js";
import type { StudyReading, Summary } from "../study/summary.js";
import { evidenceByVersion } from "../study/version-evidence.js";
import { resolvePass } from "../trials/pass/prepare.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { shellWord } from "./shell-word.js";
import { printable } from "./terminal-text.js";
import { verdictOf } from "./verdict.js";

export const bestForms = ["arguments", "constants", "yaml", "environment"] as const;
/** A way to write a configuration down so that it can be pasted somewhere. */
export type BestForm = (typeof bestForms)[number];

const titles: Readonly<Record<BestForm, string>> = {
  arguments: "command-line arguments",
  constants: "Python constants",
  yaml: "YAML",
  environment: "environment variables",
};

/**
 * The best configuration ready to copy, with every digit that it ran with. Lines of explanation start with `#`, so
 * that a whole block can be pasted.
 *
 * @param forms which to write, in this order; where not given, first the one in which the study's own command takes
 *   its parameters
 * @param at where the study is, for the command that brings the code along
 */
export function bestText(
  reading: StudyReading,
  summary: Summary,
  forms: readonly BestForm[] = usualForms(reading),
  at: Whereabouts = {},
): string {
  const { best } = summary;
  if (best === null) return "# No trial has completed yet.";
  const { space } = evidenceByVersion(reading).of(best.version ?? baseVersion);
  const entries = inOrder(space, best.configuration);
  return [
    [
      `${printable(summary.study.name)}, trial ${best.trial} by ${best.origin}`,
      verdictOf(summary).sentence,
      ...codeLines(reading, best.version, at),
    ]
      .map((line) => `# ${line}`)
      .join("\n"),
    ...forms.map((form) => `# ${titles[form]}\n${written(form, entries, space)}`),
  ].join("\n\n");
}

/** Which code the numbers are for, and how to get it. */
function codeLines({ versions }: StudyReading, version: string | undefined, at: Whereabouts): readonly string[] {
  if (version === undefined) return [];
  if (version === baseVersion) return ["It runs on the code as it was given."];
  const summary = printable(versions.get(version)?.summary ?? "");
  return [
    `It needs code version ${version}${summary === "" ? "" : `: ${summary}`}`,
    `which becomes a branch of your repository by: ${commandText(`code apply ${version}`, at)}`,
  ];
}

function usualForms({ record }: StudyReading): readonly BestForm[] {
  const own = ownForm(record);
  const usual: readonly BestForm[] = ["arguments", "constants", "yaml"];
  return own === undefined ? usual : [own, ...usual.filter((form) => form !== own)];
}

function ownForm(record: StudyReading["record"]): BestForm | undefined {
  const stored = storedDefinition(record);
  if (stored.from !== "file") return undefined;
  switch (resolvePass(fileDefinition(stored).trial).parameters.to) {
    case "template":
    case "arguments":
      return "arguments";
    case "environment":
      return "environment";
    case "file":
      return "yaml";
    case "constants":
      return "constants";
  }
}

function inOrder(space: SearchSpace, configuration: Configuration): readonly (readonly [string, ParameterValue])[] {
  return space.parameters.flatMap(({ name }) => {
    const value = configuration[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function written(form: BestForm, entries: readonly (readonly [string, ParameterValue])[], space: SearchSpace): string {
  switch (form) {
    case "arguments":
      return entries.map(([name, value]) => shellWord(`--${name}=${value}`)).join(" ");
    case "constants":
      return entries
        .map(
          ([name, value]) => `${name} = ${formatPythonLiteral(value, space.parameter(name).kind === "float") ?? value}`,
        )
        .join("\n");
    case "environment":
      return entries.map(([name, value]) => `export ${name}=${shellWord(String(value))}`).join("\n");
    case "yaml":
      return stringify(Object.fromEntries(entries)).trimEnd();
  }
}

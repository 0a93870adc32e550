import { stringify } from "yaml";
import { formatPythonLiteral } from "../space/importers/python/format-literal.js";
import type { Configuration, ParameterValue } from "../space/parameter.js";
import { SearchSpace } from "../space/search-space.js";
import { fileDefinition } from "../study/file-definition.js";
import { storedDefinition } from "../study/stored-definition.js";
import type { StudyReading, Summary } from "../study/summary.js";
import { resolvePass } from "../trials/pass/prepare.js";
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
 */
export function bestText(
  reading: StudyReading,
  summary: Summary,
  forms: readonly BestForm[] = usualForms(reading),
): string {
  const { best } = summary;
  if (best === null) return "# No trial has completed yet.";
  const space = SearchSpace.from(reading.settings.space);
  const entries = inOrder(space, best.configuration);
  return [
    `# ${printable(summary.study.name)}, trial ${best.trial} by ${best.origin}\n# ${verdictOf(summary).sentence}`,
    ...forms.map((form) => `# ${titles[form]}\n${written(form, entries, space)}`),
  ].join("\n\n");
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

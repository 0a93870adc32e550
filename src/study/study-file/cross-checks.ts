import { AgentTuneError } from "../../errors.js";
import {
  definitionFromFields,
  nearestName,
  parseExpression,
  SearchSpace,
  type SpaceDefinition,
  spaceSchema,
} from "../../space/index.js";
import { fixedPlaceholders, placeholdersOf } from "../../trials/command/template.js";
import type { StudyFileProblem } from "./problem.js";
import type { StudyDefinition } from "./study-definition.js";

/**
 * What has to fit together across keys: the search space in itself, the command with the parameters, the way
 * parameters and seed go in, the advisor with its settings.
 *
 * @param input the file as it was written, to tell what is given from what is a default
 */
export function crossProblems(definition: StudyDefinition, input: unknown): StudyFileProblem[] {
  return [
    ...SearchSpace.check(definition.space).map(
      ({ path, message, remedy }): StudyFileProblem => ({
        path,
        message,
        ...(remedy === undefined ? {} : { remedy }),
      }),
    ),
    ...commandProblems(definition),
    ...seedProblems(definition),
    ...objectiveProblems(definition),
    ...advisorProblems(definition, input),
  ];
}

/** What is wrong with the search space of a file whose form is at fault elsewhere, so that it is all said at once. */
export function spaceProblems(input: unknown): StudyFileProblem[] {
  const parts = ["parameters", "constraints", "derived"].map((key) => [key, property(input, key)] as const);
  const fields = spaceSchema.safeParse(Object.fromEntries(parts.filter(([, value]) => value !== undefined)));
  return fields.success ? inSpace(definitionFromFields(fields.data)) : [];
}

function inSpace(space: SpaceDefinition): StudyFileProblem[] {
  return SearchSpace.check(space).map(({ path, message, remedy }) => ({
    path,
    message,
    ...(remedy === undefined ? {} : { remedy }),
  }));
}

function commandProblems({ trial, space }: StudyDefinition): StudyFileProblem[] {
  const problems: StudyFileProblem[] = [];
  const report = (message: string, remedy: string): void => {
    problems.push({ path: ["command"], message, remedy });
  };
  const { command, pass } = trial;
  if (trial.shell && typeof command !== "string") {
    report("a command for the shell must be one line, not a list.", "Write it as one line, or set 'shell: false'.");
  }
  const parameters = space.parameters.map(({ name }) => name);
  const known = [...parameters, ...space.derived.map(({ name }) => name), ...fixedPlaceholders];
  let used: readonly string[];
  try {
    used = placeholdersOf(command);
  } catch (error) {
    if (!AgentTuneError.isInstance(error)) throw error;
    report(error.message, error.remedy ?? "Check the braces.");
    return problems;
  }
  for (const name of used) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    report(
      `the placeholder {${name}} is no parameter${near === undefined ? "." : `; did you mean {${near}}?`}`,
      `Known are ${known.map((each) => `{${each}}`).join(", ")}. Write {{${name}}} for the text itself.`,
    );
  }
  for (const name of parameters) {
    if (fixedPlaceholders.some((fixed) => fixed === name)) {
      problems.push({
        path: ["parameters", name],
        at: "key",
        message: `the parameter '${name}' has the name of a placeholder that agent-tune fills itself.`,
        remedy: name === "seed" ? "The seed is never tuned; remove it, and see pass.seed." : "Choose another name.",
      });
    }
  }
  const to = deliveredTo(pass.parameters);
  const named = used.includes("arguments") || used.includes("parameters_file");
  const byTemplate = to === "template" || (to === undefined && used.some((name) => parameters.includes(name)));
  const missing = byTemplate && !named ? parameters.filter((name) => !used.includes(name)) : [];
  if (missing.length > 0) {
    report(
      `the parameter${missing.length > 1 ? "s" : ""} ${missing.join(", ")} never reach${missing.length > 1 ? "" : "es"} the command.`,
      `Add {${missing[0]}} to the command, or {arguments} for all of them.`,
    );
  }
  if (to === "file" && !used.includes("parameters_file") && !used.includes("folder")) {
    report(
      "the file with the parameters is written, but the command does not name it.",
      "Add {parameters_file} to the command.",
    );
  }
  return problems;
}

/** That constants and files can take the seed only beside the parameters is said by the schema of `pass`. */
function seedProblems({ trial, space }: StudyDefinition): StudyFileProblem[] {
  const { seed } = trial.pass;
  const path = ["pass", "seed"];
  if (seed === "template" && !uses(trial.command, "seed")) {
    return [{ path, message: "the command has no {seed}.", remedy: "Add {seed} to the command." }];
  }
  if (typeof seed !== "object") return [];
  const name = "constant" in seed ? seed.constant : "key" in seed ? seed.key : undefined;
  return space.parameters.some((parameter) => parameter.name === name)
    ? [
        {
          path,
          message: `${name} is also a parameter.`,
          remedy: `Remove ${name} from the parameters: the seed is never tuned.`,
        },
      ]
    : [];
}

function objectiveProblems({ objective }: StudyDefinition): StudyFileProblem[] {
  return objective.constraints.flatMap((text, index): StudyFileProblem[] => {
    try {
      parseExpression(text);
      return [];
    } catch (error) {
      if (!AgentTuneError.isInstance(error)) throw error;
      const { message, remedy } = error;
      return [{ path: ["objective", "constraints", index], message, ...(remedy === undefined ? {} : { remedy }) }];
    }
  });
}

function advisorProblems({ advisor }: StudyDefinition, input: unknown): StudyFileProblem[] {
  const given = property(input, "advisor");
  if (typeof given !== "object" || given === null) return [];
  const idle =
    advisor.model === "none"
      ? ["share", "review", "deadline", "brief", "tools", "base_url"]
      : advisor.model === "rules"
        ? ["deadline", "tools", "base_url"]
        : [];
  return idle
    .filter((key) => key in given)
    .map((key) => ({
      path: ["advisor", key],
      at: "key" as const,
      message: `advisor.${key} has no effect with 'model: ${advisor.model}'.`,
      remedy: `Remove ${key}, or choose another model.`,
    }));
}

function deliveredTo(parameters: StudyDefinition["trial"]["pass"]["parameters"]): string | undefined {
  return typeof parameters === "object" ? parameters.to : parameters;
}

function uses(command: string | readonly string[], name: string): boolean {
  try {
    return placeholdersOf(command).includes(name);
  } catch {
    // The command's own fault is reported with the command.
    return true;
  }
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

import { crossProblems, spaceProblems } from "./cross-checks.js";
import { formProblems } from "./form-problems.js";
import { type LocatedProblem, studyFileError } from "./problem.js";
import { studyFileSchema } from "./schema.js";
import { definitionFrom, type StudyDefinition } from "./study-definition.js";
import { readYaml } from "./yaml-text.js";

/**
 * Reads agent-tune.yaml.
 *
 * @param options.path how the file is called in messages
 * @throws AgentTuneError `study_file_invalid` with everything that is wrong, each with line, column, key and remedy
 */
export function parseStudyFile(text: string, options: { readonly path: string }): StudyDefinition {
  const yaml = readYaml(text);
  const fail = (problems: readonly LocatedProblem[]): never => {
    throw studyFileError(options.path, problems);
  };
  if (yaml.value === undefined) {
    return fail(yaml.problems.length > 0 ? yaml.problems : [yaml.locate(notAStudy)]);
  }
  if (typeof yaml.value !== "object" || yaml.value === null || Array.isArray(yaml.value))
    return fail([yaml.locate(notAStudy)]);
  const parsed = studyFileSchema.safeParse(yaml.value);
  if (!parsed.success) {
    const found = [...formProblems(parsed.error.issues, yaml.value), ...spaceProblems(yaml.value)];
    return fail([...yaml.problems, ...found.map(yaml.locate)]);
  }
  const definition = definitionFrom(parsed.data);
  const problems = [...yaml.problems, ...crossProblems(definition, yaml.value).map(yaml.locate)];
  return problems.length > 0 ? fail(problems) : definition;
}

const notAStudy = {
  path: [],
  message: "this is no study file: it has no keys such as command, parameters and objective.",
  remedy: "Write one with 'agent-tune init train.py'.",
};

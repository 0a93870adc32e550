import { AgentTuneError, type ErrorCode } from "../errors.js";

/** One thing that is wrong with the definition of a search space. */
export interface DefinitionProblem {
  readonly code: Extract<ErrorCode, "space_invalid" | "expression_invalid">;
  /** Keys that lead to it in a study file, for example `["parameters", "width", "low"]`. */
  readonly path: readonly (string | number)[];
  /** What it is about: "parameter 'width'", "constraint 2". */
  readonly subject: string;
  readonly message: string;
  readonly remedy?: string;
}

/** All problems in one error. It is `expression_invalid` where nothing but expressions is wrong. */
export function definitionError(problems: readonly DefinitionProblem[]): AgentTuneError {
  const code = problems.every((problem) => problem.code === "expression_invalid")
    ? "expression_invalid"
    : "space_invalid";
  const [only] = problems;
  if (problems.length === 1 && only !== undefined) {
    return new AgentTuneError(code, {
      message: `The search space is not usable: ${only.subject}: ${only.message}`,
      where: only.path.join("."),
      ...(only.remedy === undefined ? {} : { remedy: only.remedy }),
    });
  }
  const lines = problems.map(({ subject, message, remedy }) => {
    const text = remedy === undefined ? message : `${message}\n${remedy}`;
    return `  - ${subject}: ${text.replaceAll("\n", "\n    ")}`;
  });
  return new AgentTuneError(code, {
    message: `The search space is not usable, ${problems.length} things are wrong:\n${lines.join("\n")}`,
    where: problems.map(({ path }) => path.join(".")).join(", "),
    remedy: "Correct each of them as it says there.",
  });
}

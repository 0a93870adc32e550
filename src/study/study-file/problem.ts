import { AgentTuneError } from "../../errors.js";

/** One thing that is wrong with a study file. */
export interface StudyFileProblem {
  /** Keys and positions that lead to it; empty for the file as a whole. */
  readonly path: readonly PropertyKey[];
  /** A sentence that makes sense beside the line. */
  readonly message: string;
  readonly remedy?: string;
  /** Whether the key is meant rather than its value. */
  readonly at?: "key" | "value";
}

/** A problem with its place, both counted from 1. */
export interface LocatedProblem extends StudyFileProblem {
  readonly line: number;
  readonly column: number;
}

/** `parameters.lr.low`, `constraints[1]`. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
}

/** All problems in one error, in the order of the file. */
export function studyFileError(path: string, problems: readonly LocatedProblem[]): AgentTuneError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const first = sorted[0];
  if (first !== undefined && sorted.length === 1) {
    return new AgentTuneError("study_file_invalid", {
      message: `${path} is not usable: ${subject(first)}${first.message}`,
      where: `${path}:${first.line}:${first.column}`,
      remedy: first.remedy ?? "Correct that line.",
    });
  }
  const lines = sorted.map((problem) => {
    const text = [
      `line ${problem.line}, column ${problem.column}: ${subject(problem)}${problem.message}`,
      problem.remedy,
    ]
      .filter((part) => part !== undefined)
      .join("\n");
    return `  - ${text.replaceAll("\n", "\n    ")}`;
  });
  return new AgentTuneError("study_file_invalid", {
    message: `${path} is not usable, ${sorted.length} things are wrong:\n${lines.join("\n")}`,
    where: `${path}:${first?.line ?? 1}:${first?.column ?? 1}`,
    remedy: "Correct each of them as it says there.",
  });
}

function subject(problem: StudyFileProblem): string {
  const path = keyPath(problem.path);
  return path === "" || problem.at === "key" ? "" : `${path}: `;
}

import type { z } from "zod";
import { nearestName } from "../../space/index.js";
import { keyPath, type StudyFileProblem } from "./problem.js";
import { knownKeys, sectionsWith } from "./schema-walk.js";

type Issue = z.core.$ZodIssue;

/** What zod found, in the words of somebody who writes the file: what stands there, and what to write instead. */
export function formProblems(issues: readonly Issue[], input: unknown): StudyFileProblem[] {
  const problems = issues.flatMap((issue) => problemsOf(issue, [], input));
  // Whoever writes 'comand' is told so once, and not also that 'command' is missing.
  const meant = new Set(
    problems.flatMap(({ meant, path }) => (meant === undefined ? [] : [keyPath([...path.slice(0, -1), meant])])),
  );
  return problems
    .filter(({ path, missing }) => missing !== true || !meant.has(keyPath(path)))
    .map(({ meant: _meant, missing: _missing, ...problem }) => problem);
}

interface FormProblem extends StudyFileProblem {
  /** The key that an unknown one was probably meant to be. */
  readonly meant?: string;
  readonly missing?: true;
}

const missing = (path: readonly PropertyKey[], remedy: string): FormProblem => ({
  path,
  message: "this key is missing.",
  remedy,
  missing: true,
});

function problemsOf(issue: Issue, base: readonly PropertyKey[], input: unknown): FormProblem[] {
  const path = [...base, ...issue.path];
  const found = valueAt(input, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, input));
    case "invalid_union": {
      if (issue.discriminator !== undefined && issue.errors.length === 0) {
        const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
        return [discriminatorProblem(path, found, options)];
      }
      if (found === undefined) return [missing(path, remedyForMissing(path, issue))];
      const branch = closestBranch(issue.errors, found);
      return branch === undefined
        ? [{ path, message: `${shown(found)} does not fit here.`, remedy: own(issue.message) }]
        : branch.flatMap((inner) => problemsOf(inner, path, input));
    }
    case "invalid_type":
      if (found === undefined) {
        return [missing(path, remedyForMissing(path, issue))];
      }
      return [typeProblem(path, found, issue.expected, issue.message)];
    case "invalid_value": {
      if (found === undefined) return [missing(path, oneOf(issue.values.map(String)))];
      const values = issue.values.map(String);
      if (!issue.message.startsWith("Invalid"))
        return [{ path, message: `${shown(found)} is not possible.`, remedy: issue.message }];
      const near = typeof found === "string" ? nearestName(found, values) : undefined;
      return [
        {
          path,
          message: `${shown(found)} is not possible${near === undefined ? "." : `; did you mean '${near}'?`}`,
          remedy: oneOf(values),
        },
      ];
    }
    case "too_small":
      return [
        {
          path,
          message: `${shown(found)} is too small.`,
          remedy: bound(issue.minimum, issue.inclusive, "least", issue.origin),
        },
      ];
    case "too_big":
      if (!issue.message.startsWith("Too big")) return [{ path, message: issue.message }];
      return [
        {
          path,
          message: `${shown(found)} is too large.`,
          remedy: bound(issue.maximum, issue.inclusive, "most", issue.origin),
        },
      ];
    case "invalid_key":
      return [
        {
          path,
          at: "key",
          message: `'${String(path.at(-1))}' cannot be a key here.`,
          remedy: issue.issues[0]?.message ?? "Choose another name.",
        },
      ];
    case "invalid_element":
    case "custom":
    case "invalid_format":
    case "not_multiple_of":
      return [{ path, message: own(issue.message) }];
  }
}

function unknownKey(key: string, path: readonly PropertyKey[], input: unknown): FormProblem {
  const known = knownKeys(path, input);
  const near = nearestName(key, known);
  const at = { path: [...path, key], at: "key" as const };
  const message = `unknown key '${key}'${near === undefined ? "." : `: did you mean '${near}'?`}`;
  if (near !== undefined) return { ...at, message, meant: near };
  const sections = path.length === 0 ? sectionsWith(key) : [];
  if (sections[0] !== undefined)
    return { ...at, message, remedy: `'${key}' belongs under '${sections.join("' or '")}'.` };
  return { ...at, message, remedy: known.length === 0 ? "Remove it." : `Known here are ${known.join(", ")}.` };
}

function discriminatorProblem(
  path: readonly PropertyKey[],
  found: unknown,
  options: readonly string[],
): StudyFileProblem {
  const remedy = oneOf(options);
  if (found === undefined) return missing(path, remedy);
  const near = nearestName(String(found), options);
  return {
    path,
    message: `${shown(found)} is not possible${near === undefined ? "." : `; did you mean '${near}'?`}`,
    remedy,
  };
}

/** The alternative that the person most likely meant: the one whose own type fits what stands there. */
function closestBranch(branches: readonly (readonly Issue[])[], found: unknown): readonly Issue[] | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const fitting = branches.filter((branch) =>
    branch.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
  return fitting.toSorted((a, b) => a.length - b.length)[0];
}

function typeProblem(
  path: readonly PropertyKey[],
  found: unknown,
  expected: string,
  message: string,
): StudyFileProblem {
  if (!message.startsWith("Invalid input")) return { path, message: own(message) };
  const wanted = typeNames[expected] ?? expected;
  if (expected === "int" && typeof found === "number") {
    return {
      path,
      message: `expected a whole number, found ${found}.`,
      remedy: Number.isFinite(found) ? `Write ${Math.round(found)}.` : "Write a whole number.",
    };
  }
  const problem = { path, message: `expected ${wanted}, found ${shown(found)}.` };
  if ((expected === "number" || expected === "int") && typeof found === "string") {
    const value = numberMeant(found);
    return value === undefined ? problem : { ...problem, remedy: `Write ${value}.` };
  }
  if (expected === "boolean" && typeof found === "string" && /^(?:yes|no|on|off)$/i.test(found)) {
    return { ...problem, remedy: `Write ${/^(?:yes|on)$/i.test(found) ? "true" : "false"}.` };
  }
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) {
    return { ...problem, remedy: `Put quotes around it: "${found}".` };
  }
  if (expected === "array") return { ...problem, remedy: "Write a list: [a, b], or a line with '- ' for each." };
  if (expected === "object" || expected === "record")
    return { ...problem, remedy: "Write a mapping: keys and values below it, indented." };
  return problem;
}

const typeNames: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** `1_000`, `2**19` and `1,5` are numbers to people but not to YAML. */
function numberMeant(text: string): number | undefined {
  const plain = text.trim().replaceAll("_", "");
  const power = /^(\d+)\s*(?:\*\*|\^)\s*(\d+)$/.exec(plain);
  const value =
    power === null
      ? Number(/^\d+,\d+$/.test(plain) ? plain.replace(",", ".") : plain)
      : Number(power[1]) ** Number(power[2]);
  return plain !== "" && Number.isFinite(value) ? value : undefined;
}

function remedyForMissing(path: readonly PropertyKey[], issue: Issue): string {
  const key = String(path.at(-1));
  const example = examples[path.filter((part) => typeof part === "string").join(".")];
  if (example !== undefined) return `Write for example '${example}'.`;
  if (key === "low" || key === "high") return "A range needs low and high.";
  return issue.message.startsWith("Invalid input") ? `Add '${key}: ...'.` : issue.message;
}

const examples: Readonly<Record<string, string>> = {
  command: "command: python train.py",
  objective: "objective: {metric: val_loss, direction: minimize}",
  "objective.metric": "metric: val_loss",
  "objective.direction": "direction: minimize",
  parameters: "parameters: {lr: {type: float, low: 1e-5, high: 1e-1, scale: log}}",
};

function bound(
  limit: number | bigint,
  inclusive: boolean | undefined,
  which: "least" | "most",
  origin: string,
): string {
  const what = origin === "string" ? " characters" : origin === "array" || origin === "set" ? " entries" : "";
  if (origin === "string" && limit === 1) return "Write something, or remove the key.";
  if (inclusive === false) return `Write something ${which === "least" ? "above" : "below"} ${limit}${what}.`;
  return `Write at ${which} ${limit}${what}.`;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `Write ${values[0]}.` : `Write one of ${values.join(", ")}.`;
}

/** A message of our own schemas is used as it is; a stock one gets a full stop at least. */
function own(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** A value as a person would call it, cut to size. */
function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return `the text "${value.length > 60 ? `${value.slice(0, 57)}...` : value}"`;
    case "object":
      return "a mapping";
    case "undefined":
      return "nothing";
    default:
      return String(value);
  }
}

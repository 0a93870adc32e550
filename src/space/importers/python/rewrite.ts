import { AgentTuneError } from "../../../errors.js";
import type { ParameterValue } from "../../parameter.js";
import { type LocatedConstant, locateConstants, locateDataclassFields } from "./constants.js";
import { formatPythonLiteral } from "./format-literal.js";
import { type PythonSource, parsePython } from "./python-source.js";

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The source with new values for the named constants (`LEARNING_RATE`, or `Config.lr` for a dataclass field) and every
 * other character as it was, comments within a value included. The result is read again and every constant compared,
 * so that a trial never runs with values other than the ones it is recorded with. Whole numbers given to a float
 * constant stay floats.
 *
 * @throws AgentTuneError `source_rewrite_failed` naming constant and line: not in the source, assigned again further
 * down, no Python literal for the value, or the read-back differs
 */
export function rewritePythonConstants(source: string, values: Readonly<Record<string, ParameterValue>>): string {
  const parsed = parsePython(source);
  const constants = locateAll(parsed);
  const edits: Edit[] = [];
  for (const [name, value] of Object.entries(values)) {
    const constant = constantNamed(constants, name);
    const text = formatPythonLiteral(value, constant.kind === "float");
    if (text === undefined) {
      throw failed(`Python has no literal for the value ${value} of ${name}.`, constant.line, "Use a finite number.");
    }
    edits.push(...editsFor(parsed, constant, text));
  }
  edits.sort((a, b) => a.from - b.from);
  let rewritten = "";
  let position = 0;
  for (const edit of edits) {
    rewritten += source.slice(position, edit.from) + edit.text;
    position = edit.to;
  }
  rewritten += source.slice(position);
  verify(constants, locateAll(parsePython(rewritten)), values);
  return rewritten;
}

function locateAll(source: PythonSource): LocatedConstant[] {
  return [...locateConstants(source), ...locateDataclassFields(source)];
}

function constantNamed(constants: readonly LocatedConstant[], name: string): LocatedConstant {
  const candidates = constants.filter((constant) => constant.name === name);
  const constant = candidates[0];
  if (constant === undefined) {
    throw new AgentTuneError("source_rewrite_failed", {
      message: `The source has no constant ${name} with a literal value at module level.`,
      where: name,
      remedy: `Write "${name} = <number, string, True or False>" on a line of its own at the top of the script, or remove the parameter ${name} from the study file.`,
    });
  }
  const again = candidates[1]?.line ?? constant.overriddenAt[0];
  if (again !== undefined) {
    throw failed(
      `${name} is assigned again on line ${again}, so a new value on line ${constant.line} would have no effect.`,
      constant.line,
      `Keep one of the assignments of ${name}, or give the second one another name.`,
    );
  }
  return constant;
}

/** One replacement; where comments stand inside the value, one for each token, so that they stay. */
function editsFor(source: PythonSource, constant: LocatedConstant, text: string): Edit[] {
  const tokens: Edit[] = [];
  let commented = false;
  source.tree.iterate({
    from: constant.from,
    to: constant.to,
    enter(node) {
      if (node.from < constant.from || node.to > constant.to) return;
      if (node.name === "Comment") commented = true;
      else if (node.node.firstChild === null) tokens.push({ from: node.from, to: node.to, text: "" });
    },
  });
  const [first, ...rest] = tokens;
  if (!commented || first === undefined) return [{ from: constant.from, to: constant.to, text }];
  return [{ ...first, text }, ...rest];
}

function verify(
  before: readonly LocatedConstant[],
  after: readonly LocatedConstant[],
  values: Readonly<Record<string, ParameterValue>>,
): void {
  for (const [index, constant] of before.entries()) {
    const wanted = (Object.hasOwn(values, constant.name) ? values[constant.name] : undefined) ?? constant.value;
    const read = after[index];
    if (read?.name === constant.name && sameValue(read.value, wanted)) continue;
    throw failed(
      `After rewriting, ${constant.name} reads ${read?.name === constant.name ? JSON.stringify(read.value) : "as nothing"} instead of ${JSON.stringify(wanted)}.`,
      constant.line,
      `Write the value of ${constant.name} as a plain literal on one line.`,
    );
  }
  if (after.length !== before.length) {
    throw failed("After rewriting, the source has other constants than before.", after[before.length]?.line ?? 1);
  }
}

/** 0 and -0 are the same value to Python's `==` and to an optimizer. */
function sameValue(a: ParameterValue, b: ParameterValue): boolean {
  return a === b;
}

function failed(
  message: string,
  line: number,
  remedy = "Report this with the script; it should not happen.",
): AgentTuneError {
  return new AgentTuneError("source_rewrite_failed", { message, where: `line ${line}`, remedy });
}

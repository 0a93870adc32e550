import type { Discovered, ScriptReading } from "../discovered.js";
import { readAlternatives } from "./alternatives.js";
import { readArgparse } from "./argparse.js";
import { readAssertions } from "./assertions.js";
import { readLiteralAnnotation } from "./call-arguments.js";
import { readClick } from "./click.js";
import { type LocatedConstant, locateConstants, locateDataclassFields } from "./constants.js";
import { readPrintedMetrics } from "./printed-metrics.js";
import { lineAt, type PythonSource, parsePython } from "./python-source.js";
import { readTyper } from "./typer.js";

/** Libraries that make a command line of a dataclass. */
const dataclassCommandLines =
  /^\s*(?:import|from)\s+(?:tyro|simple_parsing|pyrallis|draccus|jsonargparse|chz)\b|\bHfArgumentParser\b/m;

/**
 * Reads the settings, metrics and known alternatives of a Python script without running it. Never fails: what cannot
 * be parsed is left out and its lines are listed.
 */
export function readPythonScript(text: string, path: string): ScriptReading {
  const source = parsePython(text);
  const constants = locateConstants(source);
  const byName = new Map(constants.map((constant) => [constant.name, constant]));
  const commandLines = [readArgparse(source, byName), readClick(source, byName), readTyper(source, byName)];
  return {
    path,
    discovered: [
      ...commandLines.flatMap((commandLine) => commandLine.discovered),
      ...locateDataclassFields(source).map((field) => fromConstant(source, field, "dataclass")),
      ...constants.map((constant) => fromConstant(source, constant, "constants")),
    ],
    required: commandLines.flatMap((commandLine) => commandLine.required),
    metrics: readPrintedMetrics(source),
    alternatives: readAlternatives(source),
    assertions: readAssertions(source),
    dataclassIsCommandLine: dataclassCommandLines.test(text),
    unreadableLines: errorLines(source),
  };
}

function fromConstant(source: PythonSource, constant: LocatedConstant, style: "constants" | "dataclass"): Discovered {
  const typeDef = statementAround(constant).getChild("TypeDef");
  const choices = typeDef === null ? undefined : readLiteralAnnotation(source, typeDef);
  const again = constant.reassignedAt;
  return {
    style,
    name: constant.name,
    kind: constant.kind === "int" && constant.annotation === "float" ? "float" : constant.kind,
    ...(constant.annotation === undefined ? { untyped: true as const } : {}),
    default: constant.value,
    line: constant.line,
    ...(constant.comment === undefined ? {} : { help: constant.comment }),
    ...(choices === undefined ? {} : { choices: choices.map((choice) => choice.value) }),
    ...(again === undefined ? {} : { obstacle: `assigned again on line ${again.join(", ")}` }),
  };
}

function statementAround(constant: LocatedConstant): LocatedConstant["node"] {
  let node = constant.node;
  while (node.name !== "AssignStatement" && node.parent !== null) node = node.parent;
  return node;
}

function errorLines(source: PythonSource): number[] {
  const lines = new Set<number>();
  if (source.tree.length === 0 && source.text.trim() !== "") lines.add(1);
  source.tree.iterate({
    enter(node) {
      if (node.type.isError) lines.add(lineAt(source.lineStarts, node.from));
    },
  });
  return [...lines];
}

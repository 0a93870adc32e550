import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { AgentTuneError } from "../../errors.js";
import type { Discovered, ScriptReading } from "./discovered.js";

/**
 * Reads a JSON or YAML file of defaults: one setting for each scalar, named by the dotted path of its keys. Lists and
 * null are left out. The file itself stays the base; a trial changes single keys of it.
 *
 * @throws AgentTuneError `script_unreadable` where the text is neither
 */
export function readConfigFile(text: string, path: string): ScriptReading {
  const lineCounter = new LineCounter();
  // Aliases are followed by nobody here, so a file of nested aliases cannot grow.
  const document = parseDocument(text, { lineCounter, keepSourceTokens: false });
  const problem = document.errors[0];
  const root = document.contents;
  if (problem !== undefined || !isMap(root)) {
    const at = problem === undefined ? undefined : lineCounter.linePos(problem.pos[0]);
    throw new AgentTuneError("script_unreadable", {
      message:
        problem === undefined
          ? `${path} holds no settings: its top level is not a mapping of names to values.`
          : `${path} is not valid JSON or YAML: ${problem.message.split("\n")[0]}`,
      where: at === undefined ? path : `${path}:${at.line}:${at.col}`,
      remedy: "Give a file of names and values, or the training script itself.",
    });
  }
  const discovered: Discovered[] = [];
  const visit = (node: unknown, keys: readonly string[], depth: number): void => {
    if (depth > 16) return;
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
        if (key !== undefined) visit(pair.value, [...keys, key], depth + 1);
      }
      return;
    }
    if (!isScalar(node) || isSeq(node)) return;
    const setting = fromScalar(node.value, node.source);
    if (setting === undefined) return;
    const name = keys.join(".");
    const help = commentOf(node);
    discovered.push({
      style: "config-file",
      name,
      ...setting,
      untyped: true,
      line: node.range == null ? 1 : lineCounter.linePos(node.range[0]).line,
      ...(help === undefined ? {} : { help }),
      ...(keys.every((key) => /^[A-Za-z_]\w*$/.test(key))
        ? {}
        : { obstacle: "its name has characters that a parameter's name cannot have" }),
    });
  };
  visit(root, [], 0);
  return {
    path,
    discovered,
    required: [],
    metrics: [],
    alternatives: new Map(),
    assertions: [],
    dataclassIsCommandLine: false,
    unreadableLines: [],
  };
}

function fromScalar(value: unknown, written: string | undefined): Pick<Discovered, "kind" | "default"> | undefined {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) return undefined;
      return { kind: Number.isSafeInteger(value) && !/[.eE]/.test(written ?? "") ? "int" : "float", default: value };
    case "boolean":
      return { kind: "boolean", default: value };
    case "string":
      return { kind: "string", default: value };
    default:
      return undefined;
  }
}

function commentOf(node: Node): string | undefined {
  const text = node.comment?.trim();
  return text === undefined || text === "" ? undefined : text;
}

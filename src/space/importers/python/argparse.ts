import type { SyntaxNode } from "@lezer/common";
import type { Discovered, ScriptReading } from "../discovered.js";
import { type CallArguments, readArguments, readLiteralList, resolveLiteral } from "./call-arguments.js";
import {
  type CommandLine,
  type Constants,
  discoveredOption,
  discoveredSwitch,
  keywordText,
  optionNames,
  stringKeyword,
} from "./command-line.js";
import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

/** `parser.add_argument("--lr", type=float, default=1e-3)`, on whatever object it is called. */
export function readArgparse(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: ScriptReading["required"][number][] = [];
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "CallExpression") return;
      const call = addArgumentCall(source, reference.node);
      if (call === undefined) return;
      const line = lineAt(source.lineStarts, reference.from);
      const option = readOption(source, call, line, constants);
      if (option !== undefined) discovered.push(option);
      else if (isRequired(source, call)) {
        const { name, flag } = optionNames(source, call) ?? { name: "an argument", flag: undefined };
        required.push({ name, line, ...(flag === undefined ? {} : { flag }) });
      }
    },
  });
  return { discovered, required };
}

function addArgumentCall(source: PythonSource, node: SyntaxNode): CallArguments | undefined {
  const [callee, list] = childrenOf(node);
  if (callee === undefined || list?.name !== "ArgList" || !/\.add_argument$/.test(textOf(source, callee)))
    return undefined;
  return readArguments(source, list);
}

/** Undefined for what has no literal default: lists, None, computed values, `action="version"`. */
function readOption(
  source: PythonSource,
  call: CallArguments,
  line: number,
  constants: Constants,
): Discovered | undefined {
  const names = optionNames(source, call);
  if (names?.flag === undefined) return undefined;
  const { flag } = names;
  const name = stringKeyword(source, call, "dest") ?? names.name;
  const help = stringKeyword(source, call, "help");
  const literal = resolveLiteral(source, call.keywords.get("default"), constants);
  const action = call.keywords.has("action") ? (keywordText(source, call, "action") ?? "") : "store";
  if (/store_(?:true|false)|BooleanOptionalAction/.test(action)) {
    const value = literal === undefined ? action.includes("store_false") : literal.value === true;
    return discoveredSwitch({ style: "argparse", name, flag, line, help, value });
  }
  if (literal === undefined || !/^["']?store["']?$/.test(action)) return undefined;
  const type = keywordText(source, call, "type");
  const choices = readLiteralList(source, call.keywords.get("choices"));
  const obstacle = takesSeveral(source, call)
    ? "takes several values"
    : type === "bool"
      ? "type=bool reads every text, False included, as true"
      : type === undefined && literal.kind !== "string"
        ? "has no type, so the script would get a text"
        : undefined;
  return discoveredOption({ style: "argparse", name, flag, line, type, literal, help, choices, obstacle });
}

function isRequired(source: PythonSource, call: CallArguments): boolean {
  const names = optionNames(source, call);
  if (names === undefined || call.keywords.has("default") || call.keywords.has("action")) return false;
  return names.flag === undefined ? !call.keywords.has("nargs") : keywordText(source, call, "required") === "True";
}

function takesSeveral(source: PythonSource, call: CallArguments): boolean {
  return call.keywords.has("nargs") && stringKeyword(source, call, "nargs") !== "?";
}

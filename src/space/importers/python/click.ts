import type { Discovered, ScriptReading } from "../discovered.js";
import { type CallArguments, readArguments, readLiteralList, resolveLiteral } from "./call-arguments.js";
import {
  type CommandLine,
  type Constants,
  discoveredOption,
  discoveredSwitch,
  keywordText,
  numberKeyword,
  optionNames,
  stringKeyword,
} from "./command-line.js";
import { evaluateLiteral } from "./literal.js";
import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

/** `@click.option("--lr", default=1e-3)`, with the limits of IntRange and FloatRange. */
export function readClick(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: ScriptReading["required"][number][] = [];
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "Decorator") return;
      const list = reference.node.getChild("ArgList");
      if (list === null || !/^@\s*(?:\w+\.)*option\s*\(/.test(textOf(source, reference.node))) return;
      const call = readArguments(source, list);
      const line = lineAt(source.lineStarts, reference.from);
      const option = readOption(source, call, line, constants);
      if (option !== undefined) discovered.push(option);
      else if (keywordText(source, call, "required") === "True") {
        const names = optionNames(source, call);
        if (names?.flag !== undefined) required.push({ name: names.name, flag: names.flag, line });
      }
    },
  });
  return { discovered, required };
}

function readOption(
  source: PythonSource,
  call: CallArguments,
  line: number,
  constants: Constants,
): Discovered | undefined {
  const names = optionNames(source, call);
  if (names?.flag === undefined) return undefined;
  const { name, flag } = names;
  const help = stringKeyword(source, call, "help");
  const literal = resolveLiteral(source, call.keywords.get("default"), constants);
  if (names.isSwitch || keywordText(source, call, "is_flag") === "True") {
    return discoveredSwitch({ style: "click", name, flag, line, help, value: literal?.value === true });
  }
  if (literal === undefined) return undefined;
  const several = keywordText(source, call, "multiple") === "True" || call.keywords.has("nargs");
  return discoveredOption({
    style: "click",
    name,
    flag,
    line,
    literal,
    help,
    ...readType(source, call),
    obstacle: several ? "takes several values" : undefined,
  });
}

/** `float`, `click.INT`, `click.FloatRange(0, 1)`, `click.Choice(["a", "b"])`. */
function readType(source: PythonSource, call: CallArguments) {
  const node = call.keywords.get("type");
  const [callee, list] = node?.name === "CallExpression" ? childrenOf(node) : [node];
  const name = callee === undefined ? undefined : textOf(source, callee).replace(/^.*\./s, "");
  const own = list?.name === "ArgList" ? readArguments(source, list) : undefined;
  const range = /^(Int|Float)Range$/.exec(name ?? "");
  const positional = (index: number): number | undefined => {
    const argument = own?.positional[index];
    const value = argument === undefined ? undefined : evaluateLiteral(source, argument)?.value;
    return typeof value === "number" ? value : undefined;
  };
  return {
    type: (range?.[1] ?? name)?.toLowerCase(),
    choices: name === "Choice" ? readLiteralList(source, own?.positional[0]) : undefined,
    low: range === null ? undefined : (numberKeyword(source, own, "min") ?? positional(0)),
    high: range === null ? undefined : (numberKeyword(source, own, "max") ?? positional(1)),
  };
}

import type { SyntaxNode } from "@lezer/common";
import type { Discovered, ScriptReading } from "../discovered.js";
import { type CallArguments, readArguments, readLiteralAnnotation, resolveLiteral } from "./call-arguments.js";
import {
  type CommandLine,
  type Constants,
  discoveredOption,
  discoveredSwitch,
  numberKeyword,
  stringKeyword,
} from "./command-line.js";
import { evaluateLiteral } from "./literal.js";
import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

/**
 * Parameters of functions that typer turns into commands: those decorated with `@app.command()` and those given to
 * `typer.run`. Typer names the options after the parameters, with hyphens.
 */
export function readTyper(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: ScriptReading["required"][number][] = [];
  if (!/^\s*(?:import|from)\s+typer\b/m.test(source.text)) return { discovered, required };
  const run = new Set([...source.text.matchAll(/\btyper\.run\(\s*(\w+)\s*\)/g)].map((match) => match[1]));
  for (const statement of childrenOf(source.tree.topNode)) {
    const parts = statement.name === "DecoratedStatement" ? childrenOf(statement) : [statement];
    const definition = parts.find((part) => part.name === "FunctionDefinition");
    const name = definition?.getChild("VariableName");
    const list = definition?.getChild("ParamList");
    if (name == null || list == null) continue;
    const decorated = parts.some((part) => part.name === "Decorator" && /\.command\b/.test(textOf(source, part)));
    if (!decorated && !run.has(textOf(source, name))) continue;
    for (const parameter of readParameters(list)) {
      const option = readOption(source, parameter, constants);
      if (option === "required") {
        const flag =
          parameter.value === undefined ? undefined : flagOf(source, parameter, optionCall(source, parameter));
        required.push({
          name: textOf(source, parameter.name),
          line: lineAt(source.lineStarts, parameter.name.from),
          ...(flag === undefined ? {} : { flag }),
        });
      } else if (option !== undefined) discovered.push(option);
    }
  }
  return { discovered, required };
}

interface FunctionParameter {
  readonly name: SyntaxNode;
  readonly annotation: SyntaxNode | undefined;
  readonly value: SyntaxNode | undefined;
}

function readParameters(list: SyntaxNode): FunctionParameter[] {
  const parameters: FunctionParameter[] = [];
  let starred = false;
  let name: SyntaxNode | undefined;
  let annotation: SyntaxNode | undefined;
  let value: SyntaxNode | undefined;
  const finish = (): void => {
    if (name !== undefined && !starred) parameters.push({ name, annotation, value });
    name = annotation = value = undefined;
    starred = false;
  };
  for (const child of childrenOf(list).slice(1, -1)) {
    if (child.name === ",") finish();
    else if (child.name === "*" || child.name === "**") starred = true;
    else if (child.name === "TypeDef") annotation = child;
    else if (child.name !== "AssignOp") {
      if (name === undefined) name = child;
      else value = child;
    }
  }
  finish();
  return parameters;
}

/** Without a default it is required; undefined for defaults that are computed. */
function readOption(
  source: PythonSource,
  parameter: FunctionParameter,
  constants: Constants,
): Discovered | "required" | undefined {
  const call = optionCall(source, parameter);
  if (call === undefined && parameter.value?.name === "CallExpression") return undefined;
  const inDefault = call !== undefined && parameter.value?.name === "CallExpression";
  const given = inDefault ? (call.arguments.positional[0] ?? call.arguments.keywords.get("default")) : parameter.value;
  if (given === undefined || textOf(source, given) === "...") return "required";
  const literal = resolveLiteral(source, given, constants);
  if (literal === undefined) return undefined;
  const named = {
    style: "typer" as const,
    name: textOf(source, parameter.name),
    flag: flagOf(source, parameter, call),
    line: lineAt(source.lineStarts, parameter.name.from),
    help: call === undefined ? undefined : stringKeyword(source, call.arguments, "help"),
  };
  if (literal.kind === "boolean") return discoveredSwitch({ ...named, value: literal.value });
  const { annotation } = parameter;
  return discoveredOption({
    ...named,
    literal,
    type: annotation === undefined ? undefined : /^:\s*(?:Annotated\[\s*)?(\w+)/.exec(textOf(source, annotation))?.[1],
    choices: annotation === undefined ? undefined : readLiteralAnnotation(source, annotation),
    low: numberKeyword(source, call?.arguments, "min"),
    high: numberKeyword(source, call?.arguments, "max"),
    obstacle: named.flag === undefined ? "an argument without a name of its own" : undefined,
  });
}

/** Typer names options after parameters, with hyphens, unless `typer.Option(..., "--name")` says otherwise. */
function flagOf(source: PythonSource, parameter: FunctionParameter, call: OptionCall | undefined): string | undefined {
  if (call?.kind === "Argument") return undefined;
  const flags = (call?.arguments.positional ?? []).map((node) => evaluateLiteral(source, node)?.value);
  const own = flags.find((flag): flag is string => typeof flag === "string" && flag.startsWith("--"));
  return own ?? `--${textOf(source, parameter.name).replaceAll("_", "-")}`;
}

interface OptionCall {
  readonly kind: "Option" | "Argument";
  readonly arguments: CallArguments;
}

/** `typer.Option(...)` as the default, or within `Annotated[...]`. */
function optionCall(source: PythonSource, { value, annotation }: FunctionParameter): OptionCall | undefined {
  const annotated = annotation?.getChild("MemberExpression")?.getChildren("CallExpression") ?? [];
  for (const call of [...(value?.name === "CallExpression" ? [value] : []), ...annotated]) {
    const [callee, list] = childrenOf(call);
    if (callee === undefined || list?.name !== "ArgList") continue;
    const kind = /(?:^|\.)(Option|Argument)$/.exec(textOf(source, callee))?.[1];
    if (kind === "Option" || kind === "Argument") return { kind, arguments: readArguments(source, list) };
  }
  return undefined;
}

import type { SyntaxNode } from "@lezer/common";
import type { Discovered, ScriptReading, Style } from "../discovered.js";
import {
  type CallArguments,
  readArguments,
  readLiteralAnnotation,
  readLiteralList,
  resolveLiteral,
} from "./call-arguments.js";
import type { PythonConstant } from "./constants.js";
import { evaluateLiteral, type PythonLiteral } from "./literal.js";
import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

/** Options of a command line that a script defines, with those that have no default apart. */
export interface CommandLine {
  readonly discovered: readonly Discovered[];
  readonly required: ScriptReading["required"];
}

type Constants = ReadonlyMap<string, PythonConstant>;

/** What one option declares, before it is known whether it can be a setting. */
interface Declared {
  readonly style: Style;
  readonly name: string;
  readonly flag: string | undefined;
  readonly line: number;
  readonly type: string | undefined;
  readonly literal: PythonLiteral | undefined;
  readonly help: string | undefined;
  readonly choices: readonly PythonLiteral[] | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly obstacle?: string | undefined;
}

/** `parser.add_argument("--lr", type=float, default=1e-3)`, on whatever object it is called. */
export function readArgparse(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: { name: string; flag?: string; line: number }[] = [];
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "CallExpression") return;
      const [callee, list] = childrenOf(reference.node);
      if (callee === undefined || list?.name !== "ArgList" || !/\.add_argument$/.test(textOf(source, callee))) return;
      const call = readArguments(source, list);
      const option = optionNames(source, call);
      if (option === undefined) return;
      const line = lineAt(source.lineStarts, reference.from);
      const action = stringKeyword(source, call, "action");
      const actionText = keywordText(source, call, "action");
      if (action !== undefined && !["store", "store_true", "store_false"].includes(action)) return;
      const name = stringKeyword(source, call, "dest") ?? option.name;
      const type = keywordText(source, call, "type");
      const help = stringKeyword(source, call, "help");
      const literal = resolveLiteral(source, call.keywords.get("default"), constants);
      if (action === "store_true" || action === "store_false" || /BooleanOptionalAction$/.test(actionText ?? "")) {
        const value = literal?.value === true || (literal === undefined && action === "store_false");
        const only = action === undefined ? `${option.flag} or --no-${option.flag?.slice(2)}` : option.flag;
        discovered.push({
          ...describe({
            style: "argparse",
            name,
            flag: option.flag,
            line,
            type: "bool",
            help,
            choices: undefined,
            literal: { kind: "boolean", value },
          }),
          obstacle: `a switch (${only}) that takes no value`,
        });
        return;
      }
      const nargs = call.keywords.has("nargs") && stringKeyword(source, call, "nargs") !== "?";
      const choices = readLiteralList(source, call.keywords.get("choices"));
      if (literal === undefined) {
        const optional =
          call.keywords.has("default") ||
          (option.flag !== undefined && keywordText(source, call, "required") !== "True");
        if (!optional && !nargs)
          required.push({ name, line, ...(option.flag === undefined ? {} : { flag: option.flag }) });
        return;
      }
      if (option.flag === undefined) return;
      const obstacle = nargs
        ? "takes several values"
        : type === "bool"
          ? "type=bool reads every text, False included, as true"
          : undefined;
      discovered.push(
        describe({ style: "argparse", name, flag: option.flag, line, type, literal, help, choices, obstacle }),
      );
    },
  });
  return { discovered, required };
}

/** `@click.option("--lr", default=1e-3)`, with the limits of IntRange and FloatRange. */
export function readClick(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: { name: string; flag?: string; line: number }[] = [];
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "Decorator") return;
      const node = reference.node;
      const list = node.getChild("ArgList");
      if (list === null || !/^@\s*(?:\w+\.)*option\s*\(/.test(textOf(source, node))) return;
      const call = readArguments(source, list);
      const option = optionNames(source, call);
      if (option?.flag === undefined) return;
      const line = lineAt(source.lineStarts, node.from);
      const typeNode = call.keywords.get("type");
      const typeCall = typeNode?.name === "CallExpression" ? childrenOf(typeNode) : undefined;
      const typeName =
        (typeCall?.[0] ?? typeNode) === undefined ? undefined : textOf(source, (typeCall?.[0] ?? typeNode)!);
      const typeArguments = typeCall?.[1]?.name === "ArgList" ? readArguments(source, typeCall[1]) : undefined;
      const literal = resolveLiteral(source, call.keywords.get("default"), constants);
      const help = stringKeyword(source, call, "help");
      const isSwitch = option.isSwitch || keywordText(source, call, "is_flag") === "True";
      if (isSwitch) {
        discovered.push({
          ...describe({
            style: "click",
            name: option.name,
            flag: option.flag,
            line,
            type: "bool",
            help,
            choices: undefined,
            literal: { kind: "boolean", value: literal?.value === true },
          }),
          obstacle: `a switch (${option.flag}) that takes no value`,
        });
        return;
      }
      if (literal === undefined) {
        if (keywordText(source, call, "required") === "True")
          required.push({ name: option.name, flag: option.flag, line });
        return;
      }
      const range = /(?:Int|Float)Range$/.test(typeName ?? "") ? typeArguments : undefined;
      const bound = (keyword: string, position: number): number | undefined => {
        const node = range?.keywords.get(keyword) ?? range?.positional[position];
        const value = node === undefined ? undefined : evaluateLiteral(source, node)?.value;
        return typeof value === "number" ? value : undefined;
      };
      discovered.push(
        describe({
          style: "click",
          name: option.name,
          flag: option.flag,
          line,
          type: typeName
            ?.replace(/^.*\./, "")
            .replace(/^(Int|Float)Range$/, (_all, kind: string) => kind.toLowerCase())
            .toLowerCase(),
          literal,
          help,
          choices: /Choice$/.test(typeName ?? "") ? readLiteralList(source, typeArguments?.positional[0]) : undefined,
          low: bound("min", 0),
          high: bound("max", 1),
          obstacle:
            keywordText(source, call, "multiple") === "True" || call.keywords.has("nargs")
              ? "takes several values"
              : undefined,
        }),
      );
    },
  });
  return { discovered, required };
}

/**
 * Parameters of functions that typer turns into commands: those decorated with `@app.command()` and those given to
 * `typer.run`. Typer names the options after the parameters, with hyphens.
 */
export function readTyper(source: PythonSource, constants: Constants): CommandLine {
  const discovered: Discovered[] = [];
  const required: { name: string; flag?: string; line: number }[] = [];
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
      const declared = typerOption(source, parameter, constants);
      if (declared === undefined) continue;
      if (declared.literal !== undefined) discovered.push(describe(declared));
      else if (parameter.value === undefined || textOf(source, parameter.value).includes("...")) {
        required.push({
          name: declared.name,
          line: declared.line,
          ...(declared.flag === undefined || parameter.value === undefined ? {} : { flag: declared.flag }),
        });
      }
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

function typerOption(source: PythonSource, parameter: FunctionParameter, constants: Constants): Declared | undefined {
  const name = textOf(source, parameter.name);
  const annotation = parameter.annotation === undefined ? "" : textOf(source, parameter.annotation);
  const optionCall = parameter.value?.name === "CallExpression" ? childrenOf(parameter.value) : undefined;
  const isOption = optionCall?.[0] !== undefined && /(?:^|\.)(?:Option|Argument)$/.test(textOf(source, optionCall[0]));
  if (optionCall !== undefined && !isOption) return undefined;
  const annotated = parameter.annotation === undefined ? undefined : annotatedOption(source, parameter.annotation);
  const call = isOption && optionCall[1] !== undefined ? readArguments(source, optionCall[1]) : annotated;
  const defaultNode = isOption ? (call?.positional[0] ?? call?.keywords.get("default")) : parameter.value;
  const isArgument = /\bArgument\(/.test(
    isOption && parameter.value !== undefined ? textOf(source, parameter.value) : annotation,
  );
  const flags = (call?.positional ?? [])
    .map((node) => evaluateLiteral(source, node)?.value)
    .filter((value): value is string => typeof value === "string" && value.startsWith("--"));
  const type = /^:\s*(?:Annotated\[\s*)?(\w+)/.exec(annotation)?.[1];
  const literal = resolveLiteral(source, defaultNode, constants);
  const flag = isArgument ? undefined : (flags[0] ?? `--${name.replaceAll("_", "-")}`);
  const number = (keyword: string): number | undefined => {
    const node = call?.keywords.get(keyword);
    const value = node === undefined ? undefined : evaluateLiteral(source, node)?.value;
    return typeof value === "number" ? value : undefined;
  };
  return {
    style: "typer",
    name,
    flag,
    line: lineAt(source.lineStarts, parameter.name.from),
    type,
    literal,
    help: call === undefined ? undefined : stringKeyword(source, call, "help"),
    choices: parameter.annotation === undefined ? undefined : readLiteralAnnotation(source, parameter.annotation),
    low: number("min"),
    high: number("max"),
    obstacle:
      literal?.kind === "boolean"
        ? `a switch (${flag ?? name}) that takes no value`
        : isArgument
          ? "an argument without a name of its own"
          : undefined,
  };
}

function annotatedOption(source: PythonSource, annotation: SyntaxNode): CallArguments | undefined {
  const member = annotation.getChild("MemberExpression");
  for (const call of member?.getChildren("CallExpression") ?? []) {
    const [callee, list] = childrenOf(call);
    if (callee !== undefined && list !== undefined && /(?:^|\.)(?:Option|Argument)$/.test(textOf(source, callee))) {
      return readArguments(source, list);
    }
  }
  return undefined;
}

function describe(declared: Declared & { readonly literal: PythonLiteral }): Discovered;
function describe(declared: Declared): Discovered;
function describe(declared: Declared): Discovered {
  const { literal, choices, help, low, high, flag, obstacle } = declared;
  const kind = literal?.kind ?? "string";
  const asFloat = kind === "int" && declared.type === "float";
  const mismatch =
    (declared.type === "int" && kind !== "int") ||
    ((declared.type === "str" || declared.type === "string") && kind !== "string");
  return {
    style: declared.style,
    name: declared.name,
    kind: asFloat ? "float" : kind,
    default: literal?.value ?? "",
    line: declared.line,
    ...(help === undefined ? {} : { help }),
    ...(choices === undefined ? {} : { choices: choices.map((choice) => choice.value) }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(flag === undefined ? {} : { flag }),
    ...(obstacle !== undefined ? { obstacle } : mismatch ? { obstacle: `its default is no ${declared.type}` } : {}),
  };
}

/** Long option and name that a call with `"-l", "--learning-rate"` declares; positional arguments have no flag. */
function optionNames(
  source: PythonSource,
  call: CallArguments,
): { readonly name: string; readonly flag: string | undefined; readonly isSwitch: boolean } | undefined {
  const words = call.positional
    .map((node) => evaluateLiteral(source, node)?.value)
    .filter((value): value is string => typeof value === "string");
  const flags = words.filter((word) => word.startsWith("-"));
  const bare = words.find((word) => !word.startsWith("-"));
  const spelled = flags.find((word) => word.startsWith("--")) ?? flags[0];
  if (spelled === undefined) return bare === undefined ? undefined : { name: bare, flag: undefined, isSwitch: false };
  const flag = spelled.split("/")[0]?.trim() ?? spelled;
  const name = bare ?? flag.replace(/^-+/, "").replaceAll("-", "_");
  return { name, flag, isSwitch: spelled.includes("/") };
}

function keywordText(source: PythonSource, call: CallArguments, keyword: string): string | undefined {
  const node = call.keywords.get(keyword);
  return node === undefined ? undefined : textOf(source, node);
}

function stringKeyword(source: PythonSource, call: CallArguments, keyword: string): string | undefined {
  const node = call.keywords.get(keyword);
  const value = node === undefined ? undefined : evaluateLiteral(source, node)?.value;
  return typeof value === "string" ? value : undefined;
}

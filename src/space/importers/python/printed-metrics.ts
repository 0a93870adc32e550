import type { SyntaxNode } from "@lezer/common";
import type { MetricCandidate } from "../discovered.js";
import { guessDirection } from "../metric-direction.js";
import { readArguments, splitAtCommas } from "./call-arguments.js";
import { evaluateLiteral } from "./literal.js";
import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

const printing = /(?:^|\.)(?:print|write|info|debug|warning|log|echo|secho|rprint|print0|log0)$/;

/**
 * Metrics that the script seems to print, the likeliest objective first: `print(f"val_bpb: {x:.4f}")`,
 * `"acc = %.3f" % acc`, `"{}: ..."`.format, `print("loss:", loss)`, `print({"val_loss": loss})`, `print(json.dumps({"val_loss": loss}))`.
 * A held-out metric comes before a training one, a telling name before an unknown one, a later print before an
 * earlier one: scripts print their result at the end.
 */
export function readPrintedMetrics(source: PythonSource): MetricCandidate[] {
  const found = new Map<string, { readonly metric: MetricCandidate; readonly likelihood: number }>();
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "CallExpression") return;
      const [callee, list] = childrenOf(reference.node);
      if (callee === undefined || list?.name !== "ArgList" || !printing.test(textOf(source, callee))) return;
      const { positional } = readArguments(source, list);
      const line = lineAt(source.lineStarts, reference.from);
      const printed = textOf(source, list).replace(/\\[a-z]/g, " ");
      const add = (name: string, from: MetricCandidate["from"]): void => {
        const guess = guessDirection(name);
        if (guess === undefined) return;
        const metric = { name, direction: guess.direction, certain: guess.certain, line, from };
        found.set(name, { metric, likelihood: likelihood(metric, printed) });
      };
      positional.forEach((argument, index) => {
        for (const name of namesBeforeValues(source, argument)) add(name, "lines");
        for (const name of dumpedKeys(source, argument)) add(name, "json_lines");
        for (const name of keysOf(source, argument)) add(name, "lines");
        const following = positional[index + 1];
        const text = evaluateLiteral(source, argument)?.value;
        if (typeof text === "string" && following !== undefined && !/String/.test(following.name)) {
          const name = nameAtEnd(text);
          if (name !== undefined) add(name, "lines");
        }
      });
    },
  });
  return [...found.values()]
    .sort((a, b) => b.likelihood - a.likelihood || (b.metric.line ?? 0) - (a.metric.line ?? 0))
    .map(({ metric }) => metric);
}

const heldOut = /(?:^|[^a-z])(?:val|valid|validation|test|eval|dev|holdout|heldout|final|best)(?:$|[^a-z])/i;
const training = /(?:^|[^a-z])(?:train|training)(?:$|[^a-z])/i;

/** @param printed the text around it, as in "Test set: Average loss: ..." */
function likelihood(metric: MetricCandidate, printed: string): number {
  const name = metric.name.replaceAll("_", " ");
  const around = heldOut.test(printed) && !training.test(printed) ? 1 : 0;
  return (metric.certain ? 8 : 0) + (heldOut.test(name) ? 4 : 0) + around - (training.test(name) ? 6 : 0);
}

/** Names that stand before a value with a colon or an equals sign, in f-strings, `%` and `.format`. */
function namesBeforeValues(source: PythonSource, node: SyntaxNode): string[] {
  if (node.name === "ContinuedString") return childrenOf(node).flatMap((part) => namesBeforeValues(source, part));
  if (node.name === "FormatString") {
    const names: string[] = [];
    let position = node.from;
    for (const replacement of node.getChildren("FormatReplacement")) {
      const name = nameAtEnd(source.text.slice(position, replacement.from));
      if (name !== undefined) names.push(name);
      // f"{loss=}" prints the expression itself as the name.
      const own = /^\{\s*([A-Za-z_][\w.]*)\s*=/.exec(textOf(source, replacement))?.[1];
      if (own !== undefined) names.push(own);
      position = replacement.to;
    }
    return names;
  }
  const template = formatTemplate(source, node);
  return template === undefined
    ? []
    : [...template.matchAll(/([A-Za-z_][\w./-]*)\s*[:=]\s*(?:%[-+ 0-9.]*[a-z]|\{[^{}]*\})/g)].map(
        (match) => match[1] ?? "",
      );
}

/** `val_bpb: ` and `loss=` name what follows; `loss ` does where the word is known to be a metric. */
function nameAtEnd(text: string): string | undefined {
  const [, name, sign] = /([A-Za-z_][\w./-]*)\s*([:=]?)\s*$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return sign !== "" || guessDirection(name)?.certain === true ? name : undefined;
}

function formatTemplate(source: PythonSource, node: SyntaxNode): string | undefined {
  let template: SyntaxNode | null | undefined;
  if (node.name === "BinaryExpression") {
    const [left, operator] = childrenOf(node);
    if (operator !== undefined && textOf(source, operator) === "%") template = left;
  } else if (node.name === "CallExpression") {
    const callee = node.firstChild;
    if (callee?.name === "MemberExpression" && /\.format$/.test(textOf(source, callee))) template = callee.firstChild;
  }
  const text = template == null ? undefined : evaluateLiteral(source, template)?.value;
  return typeof text === "string" ? text : undefined;
}

function dumpedKeys(source: PythonSource, node: SyntaxNode): string[] {
  if (node.name !== "CallExpression") return [];
  const [callee, list] = childrenOf(node);
  if (callee === undefined || list === undefined || !/(?:^|\.)dumps$/.test(textOf(source, callee))) return [];
  const dictionary = readArguments(source, list).positional[0];
  return dictionary === undefined ? [] : keysOf(source, dictionary);
}

/** Keys of a dictionary that is written out, as in `{"val_loss": loss}`. */
function keysOf(source: PythonSource, dictionary: SyntaxNode): string[] {
  if (dictionary.name !== "DictionaryExpression") return [];
  return splitAtCommas(dictionary).flatMap(([key, colon]) => {
    const name = key === undefined || colon?.name !== ":" ? undefined : evaluateLiteral(source, key)?.value;
    return typeof name === "string" ? [name] : [];
  });
}

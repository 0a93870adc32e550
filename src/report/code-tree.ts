import type { CodeDocument, VersionEntry } from "../study/code/code-document.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { cut, padEnd, printable, wrap } from "./terminal-text.js";
import { type Column, textTable } from "./text-table.js";
import { counted } from "./value-format.js";
import { codeFormat, estimateText, flagsText, gainText } from "./version-words.js";

/** How the lines between versions are drawn. */
interface Branches {
  readonly child: string;
  readonly lastChild: string;
  readonly past: string;
  readonly below: string;
}
const drawn: Branches = { child: "├─", lastChild: "└─", past: "│ ", below: "│" };
/** For a terminal that knows ASCII only. */
const typed: Branches = { child: "|-", lastChild: "`-", past: "| ", below: "|" };

/** One version in its place in the tree. */
interface Node {
  readonly entry: VersionEntry;
  /** What stands before its id, and before the line below. */
  readonly branch: string;
  readonly bars: string;
}

export interface TreeOptions {
  readonly width: number;
  /** Draw with ASCII alone. */
  readonly ascii?: boolean;
  /** Where the study is, for the command that comes next. */
  readonly at?: Whereabouts;
}

/** The versions of a study as a tree, two lines each: what was measured, and what was changed. */
export function codeTree(document: CodeDocument, { width, ascii = false, at = {} }: TreeOptions): string {
  const { versions, objective, head, study } = document;
  const format = codeFormat(document);
  const nodes = nodesOf(versions, ascii ? typed : drawn);
  const columns: readonly Column[] = [
    { title: "version" },
    { title: "status" },
    { title: objective.metric, align: "right", most: 24 },
    { title: "trials", align: "right", keep: 1 },
    { title: "gain", align: "right", keep: 2 },
  ];
  const plain = (text: string) => (ascii ? text.replaceAll("±", "+-") : text);
  const rows = nodes.map(({ entry, branch }) => [
    `${branch}${entry.id}${entry.head ? " *" : ""}`,
    entry.status,
    plain(estimateText(entry, format)),
    String(entry.trials.total),
    gainText(entry, format),
  ]);
  const { lines, dropped } = textTable(columns, rows, width);
  const [titles = "", ...measured] = lines;
  const tree = nodes.flatMap(({ entry, bars }, k) => {
    const flags = entry.flags.length === 0 ? "" : ` (${flagsText(entry)})`;
    const words = cut(printable(entry.summary), Math.max(10, width - bars.length - flags.length));
    return [measured[k] ?? "", cut(`${bars}${words}${flags}`, width)];
  });
  const held = versions.filter(({ status }) => status === "held");
  const notes = [
    `* head: the study would answer with ${head}`,
    ...(versions.some(({ gain }) => gain !== null)
      ? ["gain: over the head of its time, with its 95 % interval; positive is better"]
      : []),
    ...held.map(({ id }) => `${id} is held for you to judge: ${commandText(`code show ${id}`, at)}`),
    ...(dropped.length === 0 ? [] : [`no room for: ${dropped.join(", ")}; a wider terminal or --json shows all`]),
  ];
  return [
    cut(`${printable(study.name)}: ${counted(versions.length, "version")}${statuses(versions)}`, width),
    "",
    titles,
    ...tree,
    "",
    ...notes.flatMap((note) => (note.includes("agent-tune") ? [note] : wrap(note, width))),
  ].join("\n");
}

/** Depth first, children in the order in which they were made. */
function nodesOf(versions: readonly VersionEntry[], { child, lastChild, past, below }: Branches): readonly Node[] {
  const childrenOf = (id: string | null) => versions.filter(({ parent }) => parent === id);
  const visit = (entry: VersionEntry, branch: string, indent: string): readonly Node[] => {
    const children = childrenOf(entry.id);
    const bars = `${indent}${padEnd(children.length === 0 ? "" : below, 3)}`;
    return [
      { entry, branch, bars },
      ...children.flatMap((next, k) => {
        const last = k === children.length - 1;
        return visit(next, `${indent}${last ? lastChild : child}`, `${indent}${last ? "  " : past}`);
      }),
    ];
  };
  return childrenOf(null).flatMap((entry) => visit(entry, "", ""));
}

function statuses(versions: readonly VersionEntry[]): string {
  const counts = new Map<string, number>();
  for (const { status } of versions) {
    if (status !== "base") counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => `, ${count} ${status}`).join("");
}

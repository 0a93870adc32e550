import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import type { LocatedProblem, StudyFileProblem } from "./problem.js";

/** Larger than any study file; what is larger is another kind of file. */
const largest = 1_000_000;

export interface YamlText {
  /** Undefined where the text is no YAML that could be looked into further. */
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
  locate(problem: StudyFileProblem): LocatedProblem;
}

/** Reads YAML 1.2 (JSON included) with the place of every key and value. */
export function readYaml(text: string): YamlText {
  if (text.length > largest || text.includes("\0")) {
    const message = text.includes("\0") ? "this is not a text file." : "the file is larger than 1 MB.";
    const problem = { path: [], message, remedy: "Give an agent-tune.yaml; 'agent-tune init' writes one." };
    return {
      value: undefined,
      problems: [{ ...problem, line: 1, column: 1 }],
      locate: () => ({ ...problem, line: 1, column: 1 }),
    };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: "error" });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const locate = (problem: StudyFileProblem): LocatedProblem => ({ ...problem, ...place(offsetOf(document, problem)) });

  const problems = [...document.errors, ...document.warnings].map(
    (error): LocatedProblem => ({
      path: [],
      ...wording(error.code, error.message, text.slice(error.pos[0], error.pos[1])),
      ...place(error.pos[0]),
    }),
  );
  // Of what follows a fault in the form nothing is certain; a key that is there twice is the exception.
  const broken = document.errors.some((error) => error.code !== "DUPLICATE_KEY");
  if (broken) return { value: undefined, problems: problems.slice(0, 5), locate };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), problems, locate };
  } catch (error) {
    const message = `an alias cannot be resolved: ${error instanceof Error ? error.message : String(error)}.`;
    return {
      value: undefined,
      problems: [
        ...problems,
        { path: [], message, remedy: "Write the values out instead of &name and *name.", line: 1, column: 1 },
      ],
      locate,
    };
  }
}

function wording(code: string, message: string, text: string): Pick<StudyFileProblem, "message" | "remedy"> {
  switch (code) {
    case "TAB_AS_INDENT":
      return { message: "a tab is used to indent, which YAML does not allow.", remedy: "Indent with spaces." };
    case "DUPLICATE_KEY":
      return { message: "this key is there twice in the same mapping.", remedy: "Keep one of the two." };
    case "BAD_INDENT":
      if (!message.startsWith("All ")) return notYaml(message);
      return {
        message: "this line is not indented like its neighbours.",
        remedy: "Give all keys of one mapping the same number of spaces in front.",
      };
    case "MULTIPLE_DOCS":
      return {
        message: "there is more than one document in the file.",
        remedy: "Remove the lines '---' in the middle.",
      };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: "a key stands where a value goes on.",
        remedy: "Put quotes around the value if it holds ': ', or give the next line the same indentation as this one.",
      };
    case "TAG_RESOLVE_FAILED":
      return { message: `the tag ${text} is not known here.`, remedy: "Remove it and write the plain value." };
    default:
      return notYaml(message);
  }
}

function notYaml(message: string): Pick<StudyFileProblem, "message" | "remedy"> {
  return {
    message: `this is not valid YAML: ${message.replace(/\.?\s*$/, "")}.`,
    remedy: "Close what is open, and put quotes around texts that hold any of : # { } [ ] , & * ! | > ' \" % @.",
  };
}

/** Offset of the key or value that a problem is about; of the nearest thing above it that is there. */
function offsetOf(document: Document, problem: StudyFileProblem): number {
  let node: unknown = document.contents;
  let offset = isNodeWithRange(node) ? node.range[0] : 0;
  for (const [depth, key] of problem.path.entries()) {
    const last = depth === problem.path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) return offset;
      const keyOffset = isNodeWithRange(pair.key) ? pair.key.range[0] : offset;
      node = pair.value;
      const valueStands = isNodeWithRange(node) && node.range[0] < node.range[1];
      offset =
        last && problem.at !== "key" && isNodeWithRange(node) && valueStands && isScalar(node)
          ? node.range[0]
          : keyOffset;
    } else if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      if (!isNodeWithRange(node)) return offset;
      offset = node.range[0];
    } else return offset;
  }
  return offset;
}

function isNodeWithRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

import { type FileChange, matchesGlob } from "../edits/index.js";
import type { Flag } from "../version.js";
import { type ChangedLine, changedLines } from "./changed-line.js";
import { type LintFile, type Rule, rules } from "./rules.js";

export interface LintContext {
  /** Name of the objective's metric, as the run prints it. */
  readonly metric: string;
  /** Command that scores a run, where there is one. */
  readonly evaluate?: string;
  /** Globs of the editable files: what is imported from among them is no evaluation. */
  readonly editable: readonly string[];
}

const shownCharacters = 200;
/** Flags of one rule in one file; more say nothing new. */
const mostOfARule = 10;

/**
 * What in a diff a person should look at before a gain is believed: lines near seeds, time budgets, the metric, the
 * evaluation, and what has no place in training code. A reader's aid, no defence: it sees words, and code can be written
 * so that it sees none.
 *
 * @param files every changed file; null: it is new, or gone
 * @returns flags by file and line; a line that is changed in place is flagged once, as it is now
 */
export function lintDiff(files: readonly FileChange[], context: LintContext): readonly Flag[] {
  const evaluation = evaluationModules(context);
  return files.flatMap((file) => {
    const reading: LintFile = {
      path: file.path,
      before: file.before ?? "",
      after: file.after ?? "",
      metric: context.metric,
      evaluation,
      modules: importedModules(`${file.before ?? ""}\n${file.after ?? ""}`),
    };
    const lines = changedLines(file);
    const flags = [...shadowing(file), ...rules.flatMap((rule) => flagsOf(rule, lines, reading))];
    return flags.sort((a, b) => a.line - b.line);
  });
}

function flagsOf(rule: Rule, lines: readonly ChangedLine[], file: LintFile): Flag[] {
  const hits = lines.filter((line) => (line.kind === "added" || rule.removed === true) && rule.applies(line, file));
  const replaced = new Set(hits.filter((line) => line.kind === "added").map((line) => line.hunk));
  return hits
    .filter((line) => line.kind === "added" || !replaced.has(line.hunk))
    .slice(0, mostOfARule)
    .map((line) => ({
      rule: rule.name,
      file: file.path,
      line: line.line,
      text: line.text.trim().slice(0, shownCharacters),
      why: rule.why,
    }));
}

/**
 * `python scripts/eval.py` and `python -m scripts.eval` can be imported as `scripts.eval` and as `eval`. A file that is
 * editable is training code, whoever calls it.
 */
function evaluationModules({ evaluate, editable }: LintContext): string[] {
  const words = (evaluate ?? "").split(/[\s"']+/);
  const paths = words.flatMap((word, index) => {
    if (words[index - 1] === "-m") return [`${word.replaceAll(".", "/")}.py`];
    return /\.(?:py|[mc]?js|ts)$/.test(word) ? [word.replace(/^\.\//, "")] : [];
  });
  return paths
    .filter((path) => !editable.some((glob) => matchesGlob(path, glob)))
    .flatMap((path) => {
      const parts = path
        .replace(/\.\w+$/, "")
        .split("/")
        .filter((part) => part !== "" && part !== "{folder}");
      return [...new Set([parts.join("."), parts.join("/"), parts.at(-1) ?? ""])];
    })
    .filter((name) => name !== "");
}

/** Names that stand for modules after `import a`, `import a.b as c`, `import d, e`. */
function importedModules(text: string): Set<string> {
  const names = new Set<string>();
  for (const match of text.matchAll(/^[ \t]*import[ \t]+([\w. \t,]+)/gm)) {
    for (const part of (match[1] ?? "").split(",")) {
      const [path = "", , alias] = part.trim().split(/\s+/);
      const name = alias ?? path.split(".")[0];
      if (name !== undefined && name !== "") names.add(name);
    }
  }
  return names;
}

/** Modules that Python finds in the folder of the script before its own. */
const wellKnown = new Set(
  "abc argparse ast asyncio builtins collections contextlib copy csv dataclasses datetime enum functools gc glob hashlib heapq importlib inspect io itertools json logging math multiprocessing numbers operator os pathlib pickle platform random re shutil signal site sitecustomize socket statistics string struct subprocess sys tempfile threading time tokenize traceback types typing unittest usercustomize uuid warnings weakref conftest numpy torch jax tensorflow sklearn scipy pandas transformers datasets".split(
    " ",
  ),
);

function shadowing({ path, before, after }: FileChange): Flag[] {
  if (before !== null || after === null) return [];
  // A package is named by its folder.
  const name = path.replace(/\/__init__(?=\.pyi?$)/, "").replace(/^.*\//, "");
  const module = /^(.*)\.pyi?$/.exec(name)?.[1];
  if (!path.endsWith(".pth") && (module === undefined || !wellKnown.has(module))) return [];
  return [
    {
      rule: "shadowed-module",
      file: path,
      line: 1,
      text: path.slice(0, shownCharacters),
      why: "A new file of this name can be imported in place of the module that everything else means.",
    },
  ];
}

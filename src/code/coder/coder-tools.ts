import { z } from "zod";
import type { CoderTool } from "../../../agents/coder.js";
import { quoteUntrusted } from "../../centaur/brief/quote.js";
import { trialLines } from "../../centaur/brief/trial-lines.js";
import { trialTable } from "../../centaur/brief/trial-table.js";
import { short } from "../../evidence/numbers.js";
import type { ModelTool } from "../../llm/model.js";
import { type Edit, matchesGlob, type SourceTree, splitLines } from "../edits/index.js";
import { type Checked, checkEdits } from "./check-edits.js";
import type { CoderRequest, TriedOut } from "./coder.js";
import {
  draftSchema,
  nothingSchema,
  problemLines,
  shapeProblems,
  submissionSchema,
  toolInput,
  withoutJsonText,
} from "./submission.js";
import { fenced, firstCharacters, type Nonce, quotedLog, visibleCode } from "./untrusted.js";
import { putBack, wholeVersion } from "./version-lines.js";

export interface ToolResult {
  readonly text: string;
  readonly isError?: boolean;
}

/** A tool that looks at something or tries it; the two that end a turn have no `run`. */
export interface LookingTool extends ModelTool {
  readonly name: CoderTool;
  /**
   * What the model did wrong is an answer that it can act on; what fails on our side (a repository that cannot be
   * read) is thrown.
   */
  run(input: unknown): Promise<ToolResult>;
}

export interface ToolOptions {
  readonly nonce: Nonce;
  readonly signal?: AbortSignal | undefined;
  /** Seconds that are left of the turn. */
  readonly secondsLeft: () => number;
}

/** What one result shows at most. */
const shown = {
  fileLines: 400,
  fileCharacters: 16_000,
  paths: 300,
  hits: 60,
  diffCharacters: 12_000,
  logLines: 40,
  versions: 40,
} as const;
const mostTryOuts = 2;
const tryOutSeconds = { least: 1, most: 30, usual: 10 } as const;

const version = z.string().describe("Id of a version, for example v0.");
const optional = <Inner extends z.ZodType>(inner: Inner) => inner.nullish();

/** The two calls that end a turn. Read by model-coder.ts. */
export const endingTools: readonly (ModelTool & { readonly name: CoderTool })[] = [
  {
    name: "submit",
    description: "Ends the turn: these edits become a candidate version, unless they are refused, which says why.",
    input: toolInput(submissionSchema),
  },
  {
    name: "nothing_to_try",
    description: "Ends the turn without edits.",
    input: toolInput(nothingSchema),
  },
];

/** The tools that a coder may call before it submits. They read, or try in memory; nothing outlives the turn. */
export function lookingTools(request: CoderRequest, options: ToolOptions): readonly LookingTool[] {
  const trees = new Map<string, Promise<SourceTree>>();
  const treeOf = (id: string): Promise<SourceTree> => {
    const known = trees.get(id) ?? request.tree(id);
    trees.set(id, known);
    return known;
  };
  const check = async (parent: string, edits: readonly Edit[]): Promise<Checked> =>
    checkEdits(await treeOf(parent), edits, {
      rules: request.setting.rules,
      deletedBefore: request.deletedBefore,
      syntax: request.syntax,
    });
  let triedOut = 0;

  const tools: LookingTool[] = [
    tool(
      "list_files",
      "The files of a version: which are there, which may be edited, and how long they are.",
      z.strictObject({ version, under: optional(z.string()).describe("Only paths that begin with this.") }),
      on(
        request,
        ({ version }) => version,
        async ({ version, under }) => {
          const tree = await treeOf(version);
          const paths = tree.paths.filter((path) => path.startsWith(under ?? ""));
          const lines = paths.slice(0, shown.paths).map((path) => fileLine(request, tree, path));
          if (paths.length > shown.paths) lines.push(`… and ${paths.length - shown.paths} more; say under which path`);
          return { text: lines.length === 0 ? "No such files." : lines.join("\n") };
        },
      ),
    ),
    tool(
      "read_file",
      `Lines of a file of a version, numbered; at most ${shown.fileLines} at once.`,
      z.strictObject({
        version,
        path: z.string(),
        from: optional(z.number().int().min(1)).describe("First line, from 1."),
        to: optional(z.number().int().min(1)).describe("Last line."),
      }),
      on(
        request,
        ({ version }) => version,
        async ({ version, path, from, to }) => {
          const text = (await treeOf(version)).read(path);
          return text === undefined ? noFile(await treeOf(version), version, path) : readLines(path, text, from, to);
        },
      ),
    ),
    tool(
      "search",
      `Lines of a version's files that contain a text, or any of several. Plain text, no patterns; at most ${shown.hits} lines.`,
      z.strictObject({
        version,
        texts: z.array(z.string().min(1)).min(1).max(10),
        under: optional(z.string()).describe("Only paths that begin with this."),
        ignore_case: optional(z.boolean()),
      }),
      on(
        request,
        ({ version }) => version,
        async ({ version, texts, under, ignore_case }) => {
          const hits = search(await treeOf(version), texts, under ?? "", ignore_case === true);
          if (hits.length === 0) return { text: "Nothing found." };
          const lines = hits.slice(0, shown.hits);
          if (hits.length > shown.hits)
            lines.push(`… and ${hits.length - shown.hits} more; search for something rarer`);
          return { text: lines.join("\n") };
        },
      ),
    ),
    tool(
      "versions",
      "The tree of versions in full: parent, what was changed and why, gain with its interval, and why it was kept or not.",
      z.strictObject({ ids: optional(z.array(z.string())).describe("Only these; all of them where absent.") }),
      async ({ ids }) => {
        const missing = (ids ?? []).find((id) => !request.versions.some((each) => each.id === id));
        if (missing !== undefined) return noVersion(request, missing);
        const wanted = request.versions.filter(({ id }) => ids == null || ids.includes(id)).slice(-shown.versions);
        return { text: wanted.map((each) => wholeVersion(request, each)).join("\n") };
      },
    ),
    tool(
      "diff_of",
      "What a version changed of its parent, as a unified diff.",
      z.strictObject({ version }),
      on(
        request,
        ({ version }) => version,
        async ({ version }) => {
          const diff = await request.diff(version);
          return {
            text: diff.trim() === "" ? "No difference." : quotedDiff(`diff of ${version}`, diff, options.nonce),
          };
        },
      ),
    ),
    tool(
      "trials",
      "The trials of a version as a table: the best by estimated true value, and the most recent others.",
      z.strictObject({ version }),
      on(
        request,
        ({ version }) => version,
        async ({ version }) => {
          const evidence = request.evidence(version);
          if (evidence === undefined || evidence.trials.length === 0)
            return { text: `${version} has no finished trial.` };
          return { text: trialTable(evidence) };
        },
      ),
    ),
    tool(
      "trial",
      "One trial in full: configuration, outcome, metrics, memory, time, the objective while it ran, and the end of its log.",
      z.strictObject({ number: z.number().int() }),
      async ({ number }) => {
        for (const { id } of request.versions) {
          const evidence = request.evidence(id);
          const trial = evidence?.trials.find((each) => each.number === number);
          if (evidence === undefined || trial === undefined) continue;
          return {
            text: [
              `version ${id}`,
              ...trialLines(evidence, trial, request.curve(number)),
              quotedLog(`end of the log of trial ${number}`, trial.logTail, shown.logLines, options.nonce),
            ].join("\n"),
          };
        }
        return failure(`There is no finished trial ${number}.`);
      },
    ),
    tool(
      "check",
      "Whether edits apply to a version: the diff that they would make, or what is wrong with them. Runs nothing.",
      draftSchema,
      on(
        request,
        ({ parent }) => parent,
        async ({ parent, edits }) => checkResult(await check(parent, edits), options.nonce),
      ),
    ),
  ];
  const { tryOut } = request;
  if (tryOut !== undefined) {
    tools.push(
      tool(
        "try_out",
        `Runs edits on a version for some seconds, confined, and shows what they print: whether they run at all. It is no measurement. At most ${mostTryOuts} times a turn.`,
        draftSchema.extend({
          seconds: optional(z.number()).describe(
            `${tryOutSeconds.least} to ${tryOutSeconds.most}; ${tryOutSeconds.usual} where absent.`,
          ),
        }),
        on(
          request,
          ({ parent }) => parent,
          async ({ parent, edits, seconds }) => {
            if (triedOut === mostTryOuts)
              return failure(`Edits were tried out ${mostTryOuts} times; that is all in a turn.`);
            const checked = await check(parent, edits);
            if (!checked.ok) return checkResult(checked, options.nonce);
            const wanted = Math.max(tryOutSeconds.least, seconds ?? tryOutSeconds.usual);
            const allowed = Math.min(tryOutSeconds.most, wanted, options.secondsLeft());
            if (allowed < tryOutSeconds.least) return failure("There is no time left in this turn to run anything.");
            triedOut++;
            const { signal } = options;
            const tried = await tryOut(
              { parent, files: checked.files, seconds: allowed },
              signal === undefined ? {} : { signal },
            );
            return triedResult(tried, options.nonce);
          },
        ),
      ),
    );
  }
  return tools;
}

function tool<Schema extends z.ZodType>(
  name: CoderTool,
  description: string,
  schema: Schema,
  run: (input: z.output<Schema>) => Promise<ToolResult>,
): LookingTool {
  return {
    name,
    description,
    input: toolInput(schema),
    async run(given) {
      const parsed = schema.safeParse(withoutJsonText(given));
      return parsed.success ? run(parsed.data) : failure(shapeProblems(parsed.error).join("\n"));
    },
  };
}

/** Runs a tool on a version that exists, and answers for one that does not. */
function on<Input>(
  request: CoderRequest,
  versionOf: (input: Input) => string,
  run: (input: Input) => Promise<ToolResult>,
): (input: Input) => Promise<ToolResult> {
  return async (input) => {
    const id = versionOf(input);
    return request.versions.some((each) => each.id === id) ? run(input) : noVersion(request, id);
  };
}

function failure(text: string): ToolResult {
  return { text, isError: true };
}

export function noVersion({ versions }: CoderRequest, id: string): ToolResult {
  const ids = versions.map((each) => each.id);
  const list = ids.length <= 12 ? ids.join(", ") : `${ids[0]} to ${ids.at(-1)}`;
  return failure(`There is no version ${quoteUntrusted(id)}. Known: ${list}.`);
}

function fileLine({ setting }: CoderRequest, tree: SourceTree, path: string): string {
  const text = tree.read(path);
  const size = text === undefined ? "not text" : `${splitLines(text).length} lines`;
  const { editable, locked = [] } = setting.rules;
  const matches = (globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(path, glob));
  // Hidden files never can be edited, whatever the patterns say.
  const open = matches(editable) && !matches(locked) && !/(^|\/)\./.test(path);
  return `${visibleCode(path)}: ${size}, ${open ? "editable" : "locked"}`;
}

function noFile(tree: SourceTree, version: string, path: string): ToolResult {
  if (tree.paths.includes(path)) return failure(`${visibleCode(path)} is not text.`);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const near = tree.paths
    .filter((each) => each.endsWith(`/${name}`) || each === name)
    .slice(0, 5)
    .map(visibleCode);
  return failure(
    `There is no file ${quoteUntrusted(path)} in ${version}${near.length === 0 ? "" : `; perhaps ${near.join(", ")}`}.`,
  );
}

/** Numbered lines: the number in front keeps a line from looking like anything else than a line of the file. */
function readLines(
  path: string,
  text: string,
  from: number | null | undefined,
  to: number | null | undefined,
): ToolResult {
  const lines = splitLines(text);
  const name = visibleCode(path);
  if (lines.length === 0) return { text: `${name} is empty.` };
  const first = from ?? 1;
  if (first > lines.length || first > (to ?? first)) {
    return failure(`There are no such lines: ${name} has lines 1 to ${lines.length}.`);
  }
  const last = Math.min(lines.length, to ?? lines.length, first + shown.fileLines - 1);
  const numbered: string[] = [];
  let characters = 0;
  for (let number = first; number <= last; number++) {
    const line = `${number}\t${visibleCode(lines[number - 1]!)}`;
    characters += line.length + 1;
    if (characters > shown.fileCharacters && numbered.length > 0) break;
    numbered.push(line);
  }
  const end = first + numbered.length - 1;
  return { text: [`${name}, lines ${first} to ${end} of ${lines.length}:`, ...numbered].join("\n") };
}

/** Plain substrings only: the time is bounded by the size of the files, whatever is searched for. */
function search(tree: SourceTree, texts: readonly string[], under: string, ignoreCase: boolean): string[] {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const wanted = texts.map(fold);
  return tree.paths
    .filter((path) => path.startsWith(under))
    .flatMap((path) =>
      splitLines(tree.read(path) ?? "").flatMap((line, index) => {
        const folded = fold(line);
        return wanted.some((text) => folded.includes(text))
          ? [`${visibleCode(path)}:${index + 1}\t${visibleCode(line)}`]
          : [];
      }),
    );
}

function quotedDiff(what: string, diff: string, nonce: Nonce): string {
  const lines = diff.trimEnd().split("\n").map(visibleCode).join("\n");
  return fenced(what, firstCharacters(lines, shown.diffCharacters), nonce);
}

function checkResult(checked: Checked, nonce: Nonce): ToolResult {
  if (!checked.ok) return failure(`The edits do not apply:\n${problemLines(checked.problems)}`);
  const { lines, notes, reintroduced, diff } = checked;
  const back = putBack(reintroduced).trim();
  return {
    text: [
      `The edits apply: +${lines.added} -${lines.removed} lines.${back === "" ? "" : ` ${back}`}`,
      ...notes.map((note) => `- ${note}`),
      quotedDiff("the diff", diff, nonce),
    ].join("\n"),
  };
}

function triedResult({ outcome, seconds, metrics, logTail }: TriedOut, nonce: Nonce): ToolResult {
  const ended = {
    still_running: () => `It ran for ${short(seconds)} s and was ended then.`,
    finished: () => `It ran to its end in ${short(seconds)} s.`,
    failed: (): string =>
      outcome.kind === "failed"
        ? `It failed after ${short(seconds)} s: ${outcome.failure}, ${quoteUntrusted(outcome.message)}`
        : "",
  }[outcome.kind]();
  return {
    text: [
      ended,
      ...Object.entries(metrics)
        .slice(0, 20)
        .map(([name, value]) => `${quoteUntrusted(name)}: ${short(value, 4)}`),
      quotedLog("end of its output", logTail, shown.logLines, nonce),
    ].join("\n"),
  };
}

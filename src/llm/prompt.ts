import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { packageRoot } from "./package-root.js";

/** Null, false and the empty string are absent to `{{#if name}}`. */
export type PromptInput = string | number | boolean | null;
export type PromptInputs = Readonly<Record<string, PromptInput>>;

export interface RenderedPrompt {
  readonly id: string;
  readonly version: number;
  /** The whole text, without section marks. */
  readonly text: string;
  /** Text of each declared section; empty where the prompt declares none. */
  readonly sections: Readonly<Record<string, string>>;
}

/** One file of prompts/: words that are sent to a model, with the names of what is filled in. */
export interface Prompt {
  readonly id: string;
  /** Raised with every change of the words, so that results can be traced to them. */
  readonly version: number;
  readonly inputs: readonly string[];
  readonly sections: readonly string[];
  /**
   * @throws AgentTuneError `prompt_invalid` where an input is missing or unknown, or is absent (null) in a place
   * that no `{{#if}}` guards
   */
  render(inputs: PromptInputs): RenderedPrompt;
}

const name = z.string().regex(/^[a-z][a-zA-Z0-9_-]*$/, "letters, digits, - and _, starting with a small letter");
const frontMatter = z.strictObject({
  id: name,
  version: z.number().int().positive(),
  inputs: z.array(name),
  sections: z.array(name).nonempty().optional(),
});

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "if"; readonly name: string; readonly body: readonly Node[] };

const cache = new Map<string, Prompt>();

/**
 * Loads `prompts/ID.md` of this package; each file is read once.
 * @throws AgentTuneError `prompt_invalid`
 */
export function loadPrompt(id: string, folder: string = join(packageRoot(), "prompts")): Prompt {
  const path = join(folder, `${id}.md`);
  const cached = cache.get(path);
  if (cached !== undefined) return cached;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(path, `the prompt ${id} cannot be read`, cause);
  }
  const prompt = parsePrompt(text, path);
  if (prompt.id !== id) throw invalid(path, `its id is ${prompt.id}, its file is named ${id}.md`);
  cache.set(path, prompt);
  return prompt;
}

/** Ids of all prompts of this package. README.md is documentation. */
export function promptIds(folder: string = join(packageRoot(), "prompts")): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => file.slice(0, -".md".length))
    .sort();
}

/** {@link loadPrompt} and render. */
export function renderPrompt(id: string, inputs: PromptInputs): RenderedPrompt {
  return loadPrompt(id).render(inputs);
}

/**
 * Reads a prompt: YAML front matter between `---` lines, then text with `{{name}}` and
 * `{{#if name}} ... {{/if}}`. A tag alone on its line takes the line with it. A prompt that declares sections
 * has `<!-- section: name -->` on a line of its own before each.
 * @throws AgentTuneError `prompt_invalid` with everything that does not agree with the front matter
 */
export function parsePrompt(source: string, where: string): Prompt {
  const match = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source.replaceAll("\r\n", "\n"));
  if (match === null) throw invalid(where, "it does not begin with front matter between two lines ---");
  let yaml: unknown;
  try {
    yaml = parseYaml(match[1] ?? "");
  } catch (cause) {
    throw invalid(where, "its front matter is not YAML", cause);
  }
  const parsed = frontMatter.safeParse(yaml);
  if (!parsed.success)
    throw invalid(where, `its front matter is wrong: ${z.prettifyError(parsed.error)}`, parsed.error);
  const { id, version, inputs, sections = [] } = parsed.data;
  const bodies = splitSections((match[2] ?? "").trim(), sections, where);
  const trees = bodies.map(({ name, text }) => ({ name, nodes: parseNodes(text, where) }));

  const used = new Set(trees.flatMap(({ nodes }) => [...namesIn(nodes)]));
  const undeclared = [...used].filter((n) => !inputs.includes(n));
  if (undeclared.length > 0) throw invalid(where, `it uses ${undeclared.join(", ")}, not declared under inputs`);
  const unused = inputs.filter((n) => !used.has(n));
  if (unused.length > 0) throw invalid(where, `it declares the inputs ${unused.join(", ")} and does not use them`);

  return {
    id,
    version,
    inputs,
    sections,
    render(values) {
      const missing = inputs.filter((n) => !Object.hasOwn(values, n) || values[n] === undefined);
      if (missing.length > 0) throw invalid(where, `it was rendered without ${missing.join(", ")}`);
      const unknown = Object.keys(values).filter((n) => !inputs.includes(n));
      if (unknown.length > 0) throw invalid(where, `it was given ${unknown.join(", ")}, which it does not have`);
      const rendered = trees.map(({ name, nodes }) => ({ name, text: renderNodes(nodes, values, where).trim() }));
      return {
        id,
        version,
        text: rendered.map(({ text }) => text).join("\n\n"),
        sections: Object.fromEntries(rendered.flatMap(({ name, text }) => (name === undefined ? [] : [[name, text]]))),
      };
    },
  };
}

interface SectionText {
  readonly name: string | undefined;
  readonly text: string;
}

function splitSections(body: string, declared: readonly string[], where: string): readonly SectionText[] {
  const parts = body.split(/^<!-- section: (\S+) -->$/m);
  const sections: SectionText[] = [];
  for (let i = 1; i < parts.length; i += 2) sections.push({ name: parts[i] ?? "", text: (parts[i + 1] ?? "").trim() });
  const found = sections.map((section) => section.name);
  if (found.join() !== declared.join()) {
    throw invalid(where, `it declares the sections [${declared.join(", ")}] and has [${found.join(", ")}]`);
  }
  const before = (parts[0] ?? "").trim();
  if (sections.length === 0) return [{ name: undefined, text: before }];
  if (before !== "") throw invalid(where, "it has text before its first section");
  return sections;
}

// A tag that stands alone on its line; the line break goes with it.
const blockTagLine = /^[ \t]*(\{\{(?:#if [^{}]*|\/if)\}\})[ \t]*\n/gm;

function parseNodes(text: string, where: string): readonly Node[] {
  const root: Node[] = [];
  const open: { readonly name: string; readonly body: Node[] }[] = [];
  const here = (): Node[] => open.at(-1)?.body ?? root;
  for (const piece of `${text}\n`.replace(blockTagLine, "$1").split(/(\{\{[^{}]*\}\})/)) {
    const tag = /^\{\{(.*)\}\}$/s.exec(piece)?.[1];
    if (tag === undefined) {
      if (piece.includes("{{"))
        throw invalid(where, `a tag is not closed near "${piece.slice(piece.indexOf("{{")).slice(0, 40)}"`);
      if (piece !== "") here().push({ kind: "text", text: piece });
      continue;
    }
    const condition = /^#if ([a-z][a-zA-Z0-9_-]*)$/.exec(tag)?.[1];
    if (condition !== undefined) {
      open.push({ name: condition, body: [] });
    } else if (tag === "/if") {
      const closed = open.pop();
      if (closed === undefined) throw invalid(where, "there is an {{/if}} without an {{#if}}");
      here().push({ kind: "if", ...closed });
    } else if (/^[a-z][a-zA-Z0-9_-]*$/.test(tag)) {
      here().push({ kind: "input", name: tag });
    } else {
      throw invalid(where, `{{${tag}}} is not a tag; there are {{name}}, {{#if name}} and {{/if}}`);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw invalid(where, `{{#if ${unclosed.name}}} is not closed`);
  return root;
}

function* namesIn(nodes: readonly Node[]): Generator<string> {
  for (const node of nodes) {
    if (node.kind !== "text") yield node.name;
    if (node.kind === "if") yield* namesIn(node.body);
  }
}

function renderNodes(nodes: readonly Node[], values: PromptInputs, where: string): string {
  let text = "";
  for (const node of nodes) {
    if (node.kind === "text") {
      text += node.text;
      continue;
    }
    const value = values[node.name] ?? null;
    if (node.kind === "if") {
      if (value !== null && value !== false && value !== "") text += renderNodes(node.body, values, where);
    } else if (typeof value === "string" || typeof value === "number") {
      text += String(value);
    } else {
      throw invalid(where, `{{${node.name}}} is to be shown, but its value is ${value}; guard it with {{#if}}`);
    }
  }
  return text;
}

function invalid(where: string, detail: string, cause?: unknown): AgentTuneError {
  return new AgentTuneError("prompt_invalid", {
    message: `The prompt is not usable: ${detail}.`,
    where,
    remedy: "This is a mistake in agent-tune or in a changed copy of it; prompts/README.md has the format.",
    cause,
  });
}

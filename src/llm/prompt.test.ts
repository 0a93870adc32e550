import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { packageRoot } from "./package-root.js";
import { loadPrompt, parsePrompt, promptIds, renderPrompt } from "./prompt.js";

const prompt = (body: string, inputs: string, more = "") =>
  parsePrompt(`---\nid: p\nversion: 2\ninputs: [${inputs}]\n${more}---\n${body}\n`, "p.md");

describe("prompts", () => {
  it("fills in text and numbers, and never reads what is filled in as a template", () => {
    const text = prompt("Task: {{task}} ({{n}} trials)", "task, n").render({ task: "{{n}} {{#if x}}", n: 3 }).text;
    expect(text).toBe("Task: {{n}} {{#if x}} (3 trials)");
  });

  it("keeps conditional text where its input is there, and takes the lines of the tags away", () => {
    const p = prompt("a\n{{#if note}}\nNote: {{note}}\n{{#if more}}\n  and more\n{{/if}}\n{{/if}}\nz", "note, more");
    expect(p.render({ note: "hi", more: true }).text).toBe("a\nNote: hi\n  and more\nz");
    expect(p.render({ note: "hi", more: false }).text).toBe("a\nNote: hi\nz");
    expect(p.render({ note: null, more: true }).text).toBe("a\nz");
    expect(p.render({ note: "", more: true }).text).toBe("a\nz");
    expect(p.render({ note: 0, more: true }).text).toContain("Note: 0");
  });

  it("keeps conditions within a line within their line", () => {
    expect(prompt("lr{{#if unit}} in {{unit}}{{/if}}.", "unit").render({ unit: "1/step" }).text).toBe("lr in 1/step.");
  });

  it("divides the text into the declared sections", () => {
    const p = prompt(
      "<!-- section: system -->\nYou tune.\n\n<!-- section: user -->\n{{brief}}",
      "brief",
      "sections: [system, user]\n",
    );
    expect(p.render({ brief: "B" })).toEqual({
      id: "p",
      version: 2,
      text: "You tune.\n\nB",
      sections: { system: "You tune.", user: "B" },
    });
  });

  const wrong: readonly [string, () => unknown, string][] = [
    ["no front matter", () => parsePrompt("hello", "p.md"), "front matter"],
    ["front matter that is no YAML", () => parsePrompt("---\nid: [\n---\nx", "p.md"), "not YAML"],
    ["an unknown key", () => prompt("x", "", "author: me\n"), "author"],
    ["an input that is not used", () => prompt("x", "task"), "declares the inputs task and does not use them"],
    ["an input that is not declared", () => prompt("{{task}}", ""), "uses task, not declared"],
    ["a condition that is not declared", () => prompt("{{#if task}}x{{/if}}", ""), "uses task, not declared"],
    ["an open condition", () => prompt("{{#if a}}x", "a"), "not closed"],
    ["an end without a beginning", () => prompt("x{{/if}}", ""), "without an {{#if}}"],
    ["a tag that is not closed", () => prompt("{{task", "task"), "not closed"],
    ["a tag that does not exist", () => prompt("{{#each a}}", "a"), "is not a tag"],
    [
      "a section that is not there",
      () => prompt("x", "", "sections: [system]\n"),
      "declares the sections [system] and has []",
    ],
    ["a section that is not declared", () => prompt("<!-- section: a -->\nx", ""), "has [a]"],
    [
      "text before its first section",
      () => prompt("x\n<!-- section: a -->\ny", "", "sections: [a]\n"),
      "before its first section",
    ],
    ["a missing value", () => prompt("{{a}} {{b}}", "a, b").render({ a: 1 }), "rendered without b"],
    ["an unknown value", () => prompt("{{a}}", "a").render({ a: 1, b: 2 }), "given b, which it does not have"],
    ["an absent value outside a condition", () => prompt("{{a}}", "a").render({ a: null }), "guard it with {{#if}}"],
  ];
  it.each(wrong)("refuses %s", (_, make, detail) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "prompt_invalid", where: "p.md", message: expect.stringContaining(detail) }),
    );
  });

  it("finds the prompts of the package, each under the name of its file", () => {
    const ids = promptIds();
    expect(ids).toContain("json-answer");
    for (const id of ids) expect(loadPrompt(id).id).toBe(id);
    expect(renderPrompt("json-answer", { schema: "{}" }).text).toMatch(/^Answer with one JSON object[\s\S]*\{\}$/);
  });

  it("says which prompt does not exist", () => {
    expect(() => loadPrompt("no-such-prompt")).toThrow(expect.objectContaining({ code: "prompt_invalid" }));
  });

  describe("package root", () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-")));
    afterAll(() => rmSync(folder, { recursive: true }));

    it("is found from the sources and from the build, past packages of other names", () => {
      cpSync(join(packageRoot(), "package.json"), join(folder, "package.json"));
      mkdirSync(join(folder, "dist/src/llm"), { recursive: true });
      writeFileSync(join(folder, "dist/package.json"), '{"type":"module"}');
      expect(packageRoot(join(folder, "dist/src/llm/prompt.js"))).toBe(folder);
      expect(packageRoot(join(folder, "src/llm/prompt.ts"))).toBe(folder);
      expect(() => packageRoot("/nowhere/prompt.js")).toThrow(expect.objectContaining({ code: "internal" }));
    });
  });
});

import { describe, expect, it } from "vitest";
import { checkEdits } from "./check-edits.js";
import { sourceTree } from "./testing/code-study.js";
import { unifiedDiff } from "./unified-diff.js";

const rules = { editable: ["*.py"] };
const tree = sourceTree({ "a.py": "x = 1\ny = 2\n", "b.py": "z = 3\n" });
const edits = [
  { kind: "file", path: "c.py", text: "w = 0\n" },
  { kind: "delete", path: "b.py" },
  { kind: "replace", path: "a.py", search: "y = 2", replace: "y = x" },
] as const;

describe("a check of edits", () => {
  it("gives new texts, the diff, and what was put back", async () => {
    const checked = await checkEdits(tree, edits, { rules, deletedBefore: new Map([["w = 0", "v2"]]) });
    expect(checked).toMatchObject({
      ok: true,
      lines: { added: 2, removed: 2 },
      diff: [
        "--- /dev/null\n+++ b/c.py\n@@ -0,0 +1,1 @@\n+w = 0",
        "--- a/b.py\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-z = 3",
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = x",
      ].join("\n"),
    });
    expect(checked.ok && [...checked.files]).toEqual([
      ["c.py", "w = 0\n"],
      ["b.py", null],
      ["a.py", "x = 1\ny = x\n"],
    ]);
  });

  it("asks for the syntax of the files that are left, and blames the last edit of the file", async () => {
    const asked: string[][] = [];
    const syntax = async (files: ReadonlyMap<string, string>) => {
      asked.push([...files.keys()]);
      return { problems: [{ path: "a.py", line: undefined, message: "bad" }], notes: [] };
    };
    expect(await checkEdits(tree, edits, { rules, deletedBefore: new Map(), syntax })).toEqual({
      ok: false,
      problems: [{ path: "a.py", edit: 2, kind: "syntax", message: "The file would not parse: bad" }],
    });
    expect(asked).toEqual([["c.py", "a.py"]]);
  });
});

describe("a unified diff", () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`);
  const changed = (...numbers: readonly number[]): string =>
    lines.map((line, i) => (numbers.includes(i + 1) ? `${line}!` : line)).join("\n");
  const heads = (...numbers: readonly number[]): readonly string[] =>
    unifiedDiff([{ path: "f", before: changed(), after: changed(...numbers) }])
      .split("\n")
      .filter((line) => line.startsWith("@@"));

  it("has a stretch for each change, three lines around it", () => {
    expect(heads(1, 20)).toEqual(["@@ -1,4 +1,4 @@", "@@ -17,7 +17,7 @@"]);
  });

  it("joins stretches that touch", () => {
    expect(heads(5, 12)).toEqual(["@@ -2,14 +2,14 @@"]);
    expect(heads(5, 13)).toEqual(["@@ -2,7 +2,7 @@", "@@ -10,7 +10,7 @@"]);
  });
});

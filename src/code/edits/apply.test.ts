import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits } from "./apply.js";
import type { Edit } from "./edit.js";
import { splitLines } from "./lines.js";
import { treeOf } from "./testing/tree.js";

const train = `import time
SEED = 1
# agent-tune: lock
BUDGET = 300
# agent-tune: end

def main():
    x = 1
    return x
`;
const tree = treeOf({
  "train.py": train,
  "model/net.py": "width = 4\n",
  "eval.py": "score = 1\n",
  "c.json": '{"a": 1}\n',
});
const rules = { editable: ["*.py", "model/**", "*.json", "*.md", "*.js"], locked: ["eval.py"], maxFileBytes: 10_000 };
const apply = (...edits: Edit[]) => applyEdits(tree, edits, rules);
const block = (search: string, replace: string, path = "train.py"): Edit => ({
  kind: "replace",
  path,
  search,
  replace,
});
const file = (path: string, text: string): Edit => ({ kind: "file", path, text });

function textOf(applied: ReturnType<typeof apply>, path: string): string | null | undefined {
  if (!applied.ok) throw new Error(JSON.stringify(applied.problems));
  return applied.files.get(path);
}

function kinds(applied: ReturnType<typeof apply>): string[] {
  return applied.ok ? ["ok"] : applied.problems.map(({ edit, kind }) => `${edit} ${kind}`);
}

describe("applying edits", () => {
  it("applies blocks in order, each to the result of the one before, over several files", () => {
    const applied = apply(
      block("x = 1", "x = 2"),
      block("x = 2", "x = 3"),
      block("width = 4", "width = 8", "model/net.py"),
      file("model/new.py", "depth = 2\n"),
    );
    expect(textOf(applied, "train.py")).toContain("    x = 3\n");
    expect(applied).toMatchObject({ ok: true, lines: { added: 3, removed: 2 }, notes: [] });
    expect(applied.ok && [...applied.files.keys()]).toEqual(["train.py", "model/net.py", "model/new.py"]);
  });

  it("deletes and creates files, and an empty search creates one too", () => {
    const applied = apply({ kind: "delete", path: "model/net.py" }, block("", "a = 1\n", "a.py"));
    expect(textOf(applied, "model/net.py")).toBeNull();
    expect(textOf(applied, "a.py")).toBe("a = 1\n");
  });

  it("names every problem of a submission, and applies nothing", () => {
    const applied = apply(
      block("nowhere", "y"),
      block("score = 1", "score = 2", "eval.py"),
      file("../x.py", "x"),
      file("data.csv", "1\n"),
      { kind: "delete", path: "gone.py" },
      { kind: "function", path: "train.py", name: "other", text: "def other():\n    pass\n" },
    );
    expect(kinds(applied)).toEqual([
      "0 no_match",
      "1 locked_file",
      "2 outside",
      "3 not_editable",
      "4 no_match",
      "5 unknown_function",
    ]);
  });

  it("keeps line endings and the final newline of a file that is written whole", () => {
    const windows = treeOf({ "a.py": "a = 1\r\nb = 2" });
    const applied = applyEdits(windows, [file("a.py", "a = 1\nb = 3\nc = 4\n")], { editable: ["*.py"] });
    expect(textOf(applied, "a.py")).toBe("a = 1\r\nb = 3\r\nc = 4");
  });
});

describe("edits after which nothing would differ", () => {
  it.each([
    ["the same text", file("model/net.py", "width = 4\n")],
    ["a comment", block("x = 1", "x = 1  # one")],
    ["blank lines", block("def main():", "\n\ndef main():")],
    ["a docstring", block("def main():", 'def main():\n    """What it does."""')],
    ["spacing", block("x = 1", "x  =  1")],
    ["spacing of JSON", block('{"a": 1}', '{ "a":1 }', "c.json")],
    ["a new file of comments", file("model/new.py", "# nothing\n")],
  ])("%s is refused", (_name, edit) => {
    expect(kinds(apply(edit))).toEqual(["0 no_change"]);
  });

  it("edits that undo each other are refused", () => {
    expect(kinds(apply(block("x = 1", "x = 2"), block("x = 2", "x = 1")))).toEqual(["1 no_change"]);
  });

  it("comments may change along with code, and a note says so", () => {
    const applied = apply(block("x = 1", "x = 2"), block("width = 4", "width = 4  # wide", "model/net.py"));
    expect(applied).toMatchObject({ ok: true, notes: ["model/net.py: only comments, docstrings or spacing change."] });
  });

  it.each([
    ["a string", "x = 'a  b'", "x = 'a b'"],
    ["an f-string", "x = f'a  {b}'", "x = f'a {b}'"],
    ["indentation that counts", "if a:\n    b()\n    c()", "if a:\n    b()\nc()"],
    ["a float", "x = 5", "x = 5."],
    ["a bare f-string, which runs", "f()", "f()\nf'{g()}'"],
  ])("%s is a change", (_name, before, after) => {
    const applied = applyEdits(treeOf({ "a.py": before }), [file("a.py", after)], { editable: ["**"] });
    expect(kinds(applied)).toEqual(["ok"]);
  });
});

describe("files that may not be", () => {
  it("broken JSON is refused with the place", () => {
    const applied = apply(block("1}", "1", "c.json"));
    expect(kinds(applied)).toEqual(["0 syntax"]);
  });

  it("too large files are refused with both sizes", () => {
    const applied = apply(file("big.py", `x = "${"a".repeat(20_000)}"\n`));
    expect(applied).toMatchObject({ problems: [{ kind: "too_large", message: expect.stringContaining("10000") }] });
  });

  it("what is no text cannot be edited", () => {
    const binary = { read: () => undefined, paths: ["model.py"] };
    expect(kinds(applyEdits(binary, [file("model.py", "x")], rules))).toEqual(["0 bad_path"]);
  });
});

describe("locked regions", () => {
  it.each([
    ["changing a line", block("BUDGET = 300", "BUDGET = 900")],
    [
      "changing it within a larger block",
      block("SEED = 1\n# agent-tune: lock\nBUDGET = 300", "SEED = 2\n# agent-tune: lock\nBUDGET = 301"),
    ],
    ["a marker", block("# agent-tune: end", "# agent-tune:  end")],
    ["adding a region", block("x = 1", "x = 1\n    # agent-tune: lock")],
    ["an end within", block("BUDGET = 300", "# agent-tune: end\nBUDGET = 300")],
    ["deleting the file", { kind: "delete", path: "train.py" } as const],
    ["leaving it out of a whole file", file("train.py", "def main():\n    return 1\n")],
    [
      "making it a string",
      file(
        "train.py",
        train
          .replace("# agent-tune: lock", 'old = """\n# agent-tune: lock')
          .replace("agent-tune: end", 'agent-tune: end\n"""'),
      ),
    ],
    ["markers in a new file", file("new.py", "# agent-tune: lock\nx = 1\n")],
  ])("%s is refused", (_name, edit) => {
    expect(kinds(apply(edit))).toEqual(["0 locked_region"]);
  });

  it("may move as they are", () => {
    const [head, region, rest] = [train.slice(0, 21), train.slice(21, 71), train.slice(71)];
    expect(region).toMatch(/^# agent-tune: lock[\s\S]*# agent-tune: end\n$/);
    expect(kinds(apply(file("train.py", head + rest + region)))).toEqual(["ok"]);
  });

  it.each([
    ["x.js", "// agent-tune: lock\na()\n// agent-tune: end\nb()\n"],
    ["x.js", "/* agent-tune: lock */\na()\n/* agent-tune: end */\nb()\n"],
    ["x.sql", "-- agent-tune: lock\na()\n-- agent-tune: end\nb()\n"],
    ["x.lisp", "; agent-tune: lock\na()\n; agent-tune: end\nb()\n"],
    ["x.html", "<!-- agent-tune: lock -->\na()\n<!-- agent-tune: end -->\nb()\n"],
    ["open.py", "b()\n# agent-tune: lock\na()\n"],
    ["nested.py", "b()\n# agent-tune: lock\n# agent-tune: lock\n# agent-tune: end\na()\n# agent-tune: end\n"],
  ])("are known in %s: %j", (path, text) => {
    const own = treeOf({ [path]: text });
    expect(kinds(applyEdits(own, [block("a()", "c()", path)], { editable: ["**"] }))).toEqual(["0 locked_region"]);
    expect(kinds(applyEdits(own, [block("b()", "c()", path)], { editable: ["**"] }))).toEqual(["ok"]);
  });

  it("keep every line, whatever is edited", () => {
    const markers = ["# agent-tune: lock", "# agent-tune: end", "// agent-tune: lock", "/* agent-tune: end */"];
    const line = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => `x${n} = ${n}`) },
      { weight: 2, arbitrary: fc.constantFrom("", "def f():", "    return 1", '"""') },
      { weight: 1, arbitrary: fc.constantFrom(...markers) },
    );
    const lines = fc.array(line, { maxLength: 4 });
    const region = lines.map((all) => [markers[0], ...all, markers[1]].join("\n"));
    const segments = fc.array(fc.oneof(line, region), { minLength: 1, maxLength: 8 });
    const ending = fc.constantFrom("\n", "\r\n");
    const path = "a.py";
    const cases = segments.chain((parts) => {
      const moved = fc.oneof(fc.shuffledSubarray(parts), fc.constant(parts), segments);
      const edit = fc.oneof(
        fc.tuple(fc.constantFrom(...parts), lines).map(([search, all]) => block(search, all.join("\n"), path)),
        fc.tuple(moved, lines).map(([all, more]) => file(path, [...all, ...more].join("\n"))),
        lines.map((all): Edit => ({ kind: "function", path, name: "f", text: ["def f():", ...all].join("\n    ") })),
        fc.constant<Edit>({ kind: "delete", path }),
      );
      return fc.record({
        before: fc
          .tuple(ending, fc.boolean())
          .map(([end, final]) => parts.join("\n").replaceAll("\n", end) + (final ? end : "")),
        edits: fc.array(edit, { minLength: 1, maxLength: 2 }),
      });
    });
    let accepted = 0;
    fc.assert(
      fc.property(cases, ({ before, edits }) => {
        const applied = applyEdits(treeOf({ [path]: before }), edits, { editable: ["**"] });
        if (!applied.ok) return;
        const locked = lockedLines(before);
        if (locked.length > 0) accepted++;
        expect(lockedLines(applied.files.get(path) ?? "")).toEqual(locked);
      }),
      { numRuns: 3000, seed: 11 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

/** Marker lines and lines between them, by a second and simpler reading of the rules than the one under test. */
function lockedLines(text: string): string[] {
  let depth = 0;
  return splitLines(text).filter((line) => {
    const starts = /agent-tune: lock/.test(line);
    const ends = /agent-tune: end/.test(line);
    const locked = depth > 0 || starts || ends;
    depth = Math.max(0, depth + (starts ? 1 : 0) - (ends ? 1 : 0));
    return locked;
  });
}

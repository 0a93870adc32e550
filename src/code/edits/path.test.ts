import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathProblem } from "./path.js";
import { treeOf } from "./testing/tree.js";

const tree = treeOf({ "train.py": "x", "model/layers.py": "y", "eval.py": "z", "straße.py": "s" });
const rules = { editable: ["**"], locked: ["eval.py"] };
const kindOf = (path: string) => pathProblem(path, tree, rules)?.kind ?? "ok";

describe("paths of edits", () => {
  it.each([
    ["train.py", "ok"],
    ["model/new.py", "ok"],
    ["new folder/größe.py", "ok"],
    ["app/[id]/(group)/page.tsx", "ok"],
    ["eval.py", "locked_file"],
    ["/etc/passwd", "outside"],
    ["~/x.py", "outside"],
    ["C:/x.py", "outside"],
    ["../x.py", "outside"],
    ["model/../../x.py", "outside"],
    ["model/..", "outside"],
    ["..\\x.py", "outside"],
    ["\\\\host\\x.py", "outside"],
    ["model\\layers.py", "bad_path"],
    ["./train.py", "bad_path"],
    ["model//x.py", "bad_path"],
    ["model/", "bad_path"],
    ["", "bad_path"],
    ["a\0b.py", "bad_path"],
    ["a\nb.py", "bad_path"],
    ["a\u200bb.py", "bad_path"],
    ["a\u202eyp.py", "bad_path"],
    ["a\u00a0b.py", "bad_path"],
    ["gro\u0308sse.py", "bad_path"],
    ["x.py.", "bad_path"],
    ["x.py ", "bad_path"],
    ["git~1/config", "bad_path"],
    ["model/con.py", "bad_path"],
    ["train.py:stream", "bad_path"],
    [`${"a".repeat(300)}.py`, "bad_path"],
    [".env", "not_editable"],
    [".git/hooks/pre-commit", "not_editable"],
    ["model/.git/config", "not_editable"],
    ["Train.py", "bad_path"],
    ["EVAL.PY", "bad_path"],
    ["ｅval.py", "bad_path"],
    ["Model/new.py", "bad_path"],
    ["model", "bad_path"],
    ["train.py/x.py", "bad_path"],
  ])("%j: %s", (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });

  it("knows files that the same submission creates", () => {
    expect(pathProblem("New.py", tree, rules, ["new.py"])?.kind).toBe("bad_path");
  });

  it("never accepts anything outside", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "",
        "/",
        "\\",
        "~",
        "C:",
        "\0",
        ".git",
        "model",
        "train.py",
        "%2e%2e",
        "．．",
        "..\u200b",
        ".. ",
        "...",
        "․․",
      ),
      fc.string({ maxLength: 6 }),
      fc.string({ maxLength: 6, unit: "binary" }),
    );
    const paths = fc
      .array(piece, { minLength: 1, maxLength: 6 })
      .chain((parts) => fc.constantFrom("/", "\\", "").map((separator) => parts.join(separator)));
    let accepted = 0;
    fc.assert(
      fc.property(paths, (path) => {
        if (pathProblem(path, tree, rules) !== undefined) return;
        accepted++;
        // By what file systems do with it, in every Unicode form, and not by the rules that are under test.
        for (const form of [path, path.normalize("NFKC"), path.normalize("NFD"), path.replaceAll("\\", "/")]) {
          const resolved = posix.resolve("/project", form);
          expect(resolved.startsWith("/project/")).toBe(true);
          expect(posix.relative("/project", resolved)).toBe(form);
        }
        expect(path).not.toMatch(/[\0\\\n\r]|(?:^|\/)\.|^[A-Za-z]:/);
      }),
      { numRuns: 10_000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

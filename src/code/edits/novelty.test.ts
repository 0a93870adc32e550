import { expect, it } from "vitest";
import { addedLines, deletedLines, reintroduced } from "./novelty.js";

const change = (before: string, after: string) => [{ path: "a.py", before, after }];

it("says how many added lines were deleted before, and by which versions", () => {
  const deleted = deletedLines([
    { id: "v1", files: change("norm = LayerNorm(d)\nx = gelu(x)\npass\n", "x = relu(x)\n") },
    { id: "v2", files: change("x = relu(x)\n", "x = silu(x)\n") },
    { id: "v10", files: change("lr = 1e-3\n", "lr = 2e-3\n") },
  ]);
  const added = addedLines(change("x = silu(x)\n", "  x  =  relu(x)\nlr = 1e-3\ny = new(x)\n# comment\n\npass\n)\n"));
  expect(reintroduced(added, deleted)).toEqual({ lines: 2, of: 3, versions: ["v2", "v10"] });
  expect(reintroduced(["x = relu(x)", "norm = LayerNorm(d)"], deleted)).toEqual({
    lines: 2,
    of: 2,
    versions: ["v1", "v2"],
  });
});

it("does not count lines that only moved", () => {
  expect(deletedLines([{ id: "v1", files: change("one = 1\ntwo = 2\n", "two = 2\none = 1\n") }]).size).toBe(0);
});

it("counts whole files that come and go", () => {
  const deleted = deletedLines([{ id: "v3", files: [{ path: "b.py", before: "width = 4\n", after: null }] }]);
  expect(reintroduced(addedLines([{ path: "c.py", before: null, after: "width = 4\n" }]), deleted)).toEqual({
    lines: 1,
    of: 1,
    versions: ["v3"],
  });
});

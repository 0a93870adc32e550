import fc from "fast-check";
import { expect, it } from "vitest";
import { lineDiff } from "./line-diff.js";

it("gives both texts back, with line numbers in order", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 20 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = lineDiff(before, after);
      expect(diff.filter((line) => line.kind !== "added").map((line) => line.text)).toEqual(before);
      expect(diff.filter((line) => line.kind !== "removed").map((line) => line.text)).toEqual(after);
      expect(diff.flatMap((line) => line.before ?? [])).toEqual(before.map((_line, index) => index + 1));
      expect(diff.flatMap((line) => line.after ?? [])).toEqual(after.map((_line, index) => index + 1));
    }),
    { numRuns: 500, seed: 3 },
  );
});

it("finds the one line that changed", () => {
  const diff = lineDiff(["a", "b", "c"], ["a", "x", "c"]).filter((line) => line.kind !== "same");
  expect(diff.map(({ kind, text, before, after }) => [kind, text, before, after])).toEqual([
    ["removed", "b", 2, undefined],
    ["added", "x", undefined, 2],
  ]);
});

it("takes long texts without common lines", () => {
  const long = (word: string) => Array.from({ length: 10_000 }, (_, index) => `${word} ${index % 100}`);
  expect(lineDiff(long("a"), long("b"))).toHaveLength(20_000);
});

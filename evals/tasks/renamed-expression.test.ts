import { describe, expect, it } from "vitest";
import { parseExpression } from "../../src/space/index.js";
import { namesByValue, renamedExpression } from "./renamed-expression.js";

const names = new Map([
  ["width", "x1"],
  ["heads", "x2"],
  ["optimizer", "x3"],
  ["sgd", "x4"],
]);
const renaming = {
  name: (name: string) => names.get(name) ?? name,
  choice: (name: string, value: string | number | boolean) =>
    name === "optimizer"
      ? (new Map([
          ["sgd", "b"],
          ["it's", "a"],
        ]).get(String(value)) ?? value)
      : value,
};
const renamed = (text: string) => renamedExpression(text, renaming);

describe("an expression with other names", () => {
  it.each([
    ["width % heads == 0", { width: 96, heads: 7 }],
    ["-width ** 2 + 3 * (heads - 1) // 2", { width: 3, heads: 6 }],
    ["2 ** -heads", { heads: 3 }],
    ["not width < heads <= 10 or heads > 2 and width != 4", { width: 4, heads: 3 }],
    ["!(width > 2) || heads in [1, 2.5, 1e-7]", { width: 3, heads: 2.5 }],
    ["width if heads not in [4] else min(width, heads, 2)", { width: 5, heads: 4 }],
    ["heads > 3 ? round(width / 3) : sqrt(width)", { width: 16, heads: 2 }],
    ["(1 if width > 1 else 2) if heads > 1 else 3", { width: 1, heads: 2 }],
    ["ceil(width * 2.5 / heads) * heads", { width: 7, heads: 3 }],
  ])("means the same: %s", (text, values) => {
    const inOther = Object.fromEntries(Object.entries(values).map(([name, value]) => [renaming.name(name), value]));
    expect(parseExpression(renamed(text)).evaluate(inOther)).toBe(parseExpression(text).evaluate(values));
  });

  it("rewrites a choice where it is compared with its parameter, and nowhere else", () => {
    expect(renamed("optimizer == 'sgd'")).toBe("(x3 == 'b')");
    expect(renamed("'sgd' != optimizer")).toBe("('b' != x3)");
    expect(renamed('optimizer in ["sgd", "it\'s", "adam"]')).toBe("(x3 in ['b', 'a', 'adam'])");
    // A parameter that is called like a choice, and a text that is only compared with a text.
    expect(renamed("sgd > 0.1 and 'sgd' == 'sgd'")).toBe("((x4 > 0.1) and ('sgd' == 'sgd'))");
  });

  it("keeps quotes and backslashes in texts readable", () => {
    const text = "optimizer == 'a\\\\b\\'c'";
    expect(parseExpression(renamed(text)).evaluate({ x3: "a\\b'c" })).toBe(true);
  });
});

describe("names that count by their value", () => {
  it.each([
    ["optimizer == 'sgd' and heads not in [1, 2]", []],
    ["width % heads == 0", ["width", "heads"]],
    ["optimizer == sgd", ["optimizer", "sgd"]],
    ["optimizer if heads == 2 else 'x'", ["optimizer"]],
    ["not gated", ["gated"]],
    ["1 < heads", ["heads"]],
    ["heads == 1 == gated", ["heads", "gated"]],
    ["max(width, 2) in [heads]", ["width", "heads"]],
  ])("%s", (text, expected) => {
    expect([...namesByValue(text)].sort()).toEqual([...expected].sort());
  });
});

import { describe, expect, test } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { parseExpression } from "./expression.js";

function evaluate(text: string, values: Record<string, number | string | boolean> = {}) {
  return parseExpression(text).evaluate(values);
}

function errorOf(run: () => unknown): AgentTuneError {
  try {
    run();
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("expected an error");
}

describe("arithmetic is Python's", () => {
  test.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["7 - 2 - 1", 4],
    ["2 ** 3 ** 2", 512],
    ["-2 ** 2", -4],
    ["2 ** -1", 0.5],
    ["2 ** -1 * 4", 2],
    ["-7 // 2", -4],
    ["7 // -2", -4],
    ["-7 % 3", 2],
    ["7 % -3", -2],
    ["5.5 % 2", 1.5],
    ["1 // 0.1", 9],
    ["1_000 + 1e-3", 1000.001],
    [".5 + 5.", 5.5],
    ["- - 3", 3],
    ["2 * -3", -6],
    ["True + 1", 2],
    ["1 + 2 if true else 5", 3],
  ])("%s is %s", (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  test("division by zero gives what IEEE arithmetic gives, not an error", () => {
    expect(evaluate("1 / x", { x: 0 })).toBe(Number.POSITIVE_INFINITY);
    expect(evaluate("5 % x", { x: 0 })).toBeNaN();
    expect(evaluate("5 % x == 0", { x: 0 })).toBe(false);
  });
});

test.each([
  ["abs(-3)", 3],
  ["min(4, 2, 3)", 2],
  ["max(4, 2,)", 4],
  ["ceil(1.2) + floor(1.8)", 3],
  ["round(2.5)", 2],
  ["round(3.5)", 4],
  ["round(-1.5)", -2],
  ["round(1.23456, 2)", 1.23],
  ["round(1250, -2)", 1200],
  ["sqrt(16)", 4],
  ["log(exp(2))", 2],
  ["log(8, 2)", 3],
  ["log2(8) + log10(100)", 5],
  ["pow(2, 10)", 1024],
  ["int(-3.7)", -3],
  ["int(true)", 1],
])("%s is %s", (text, expected) => {
  expect(evaluate(text)).toBeCloseTo(expected, 12);
});

describe("conditions", () => {
  const values = { a: 1, b: 2, c: 3, act: "relu", bias: true };
  test.each([
    ["a < b < c", true],
    ["a < c < b", false],
    ["a <= a == 1", true],
    ["a == 1 and b == 2 or c == 0", true],
    ["a == 0 and (b == 2 or c == 3)", false],
    ["not a == 1", false],
    ["!bias || a > 0", true],
    ["bias && a != 1", false],
    ["act in ['relu', \"gelu\"]", true],
    ["act not in ('relu', 'gelu')", false],
    ["a in {1, 2}", true],
    ["a + b in [3]", true],
    ["'relu' == act", true],
    ["bias == 1", true],
    ["act == 'it\\'s'", false],
  ])("%s is %s", (text, expected) => {
    expect(evaluate(text, values)).toBe(expected);
  });

  test("both ways to write a choice between two values, right-associative", () => {
    expect(evaluate("10 if a > 1 else 20 if b > 1 else 30", values)).toBe(20);
    expect(evaluate("a > 1 ? 10 : b > 1 ? 20 : 30", values)).toBe(20);
  });
});

describe("names", () => {
  test("may be dotted, and are listed in the order in which they appear", () => {
    const expression = parseExpression("optimizer.lr * width + optimizer.lr + layers.0");
    expect(expression.names).toEqual(["optimizer.lr", "width", "layers.0"]);
    expect(expression.evaluate({ "optimizer.lr": 0.5, width: 4, "layers.0": 1 })).toBe(3.5);
  });

  test("may be those of functions, which are only functions before a parenthesis", () => {
    expect(evaluate("min(min, 3)", { min: 2 })).toBe(2);
  });

  test("of what every object inherits are not values", () => {
    expect(evaluate("constructor == 1")).toBeUndefined();
    expect(evaluate("toString == 'x'")).toBeUndefined();
  });
});

describe("an absent name", () => {
  test.each(["x + 1", "-x", "x < 1", "x == 'a'", "not x", "min(x, 1)", "1 if x > 0 else 2", "x in [1]", "1 in [2, x]"])(
    "makes %s undefined",
    (text) => {
      expect(evaluate(text)).toBeUndefined();
    },
  );

  test.each([
    ["x > 0 or true", true],
    ["true or x > 0", true],
    ["x > 0 or false", undefined],
    ["x > 0 and false", false],
    ["false and x > 0", false],
    ["x > 0 and true", undefined],
    ["1 in [x, 1]", true],
    ["1 > 2 > x", false],
    ["1 if true else x", 1],
  ])("does not matter to %s where the rest decides: %s", (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });
});

describe("an error names the place and what was expected there", () => {
  test.each([
    ["width %", 8, "Expected a value, found the end"],
    ["(a + b", 7, "Expected an operator or ')', found the end"],
    ["a b", 3, "Expected an operator or the end, found 'b'"],
    ["a + * b", 5, "Expected a value, found '*'"],
    ["a not b", 7, "Expected 'in' after 'not', found 'b'"],
    ["a in b", 6, "Expected a list such as [1, 2, 3] after 'in', found 'b'"],
    ["a in []", 6, "Expected at least one value in the list"],
    ["1 if a", 7, "Expected 'else' and what holds otherwise, found the end"],
    ["a > 1 ? 2", 10, "Expected ':' and what holds otherwise"],
    ["sqroot(2)", 1, "There is no function 'sqroot'; did you mean 'sqrt'?"],
    ["pow(2)", 1, "pow() takes 2 values; here it has 1"],
    ["min(2)", 1, "min() takes at least 2 values; here it has 1"],
    ["round()", 1, "round() takes 1 or 2 values; here it has 0"],
    ["a == 'relu", 6, "This text has no closing quote"],
    ["2width", 2, "Expected an operator after 2, found 'w'"],
    ["1e999", 1, "The number 1e999 is too large"],
    ["a ; b", 3, "Unexpected ';'"],
    ["", 1, "Expected a value, found the end"],
  ])("%s (column %i): %s", (text, column, message) => {
    const error = errorOf(() => parseExpression(text));
    expect(error.code).toBe("expression_invalid");
    expect(error.message).toContain(message);
    expect(error.where).toBe(`column ${column} of the expression`);
  });

  test("with a caret below the character", () => {
    expect(errorOf(() => parseExpression("a\t= 3")).message).toBe("Unexpected '='.\n  a = 3\n    ^");
  });

  test.each([
    ["a = 3", "Write == to compare."],
    ["a ^ 2", "Write ** for a power."],
    ["a & b", "Write 'and'."],
  ])("%s: %s", (text, remedy) => {
    expect(errorOf(() => parseExpression(text)).remedy).toBe(remedy);
  });

  test("also while evaluating, for an operand of the wrong type", () => {
    const error = errorOf(() => evaluate("width * act", { width: 2, act: "relu" }));
    expect(error.message).toBe("Expected a number, found the text 'relu'.\n  width * act\n          ^");
    expect(errorOf(() => evaluate("width and true", { width: 2 })).message).toContain(
      "Expected true or false, found 2.",
    );
  });
});

describe("no input can exhaust the stack", () => {
  test.each([
    ["parentheses", `${"(".repeat(900)}1${")".repeat(900)}`],
    ["signs", `${"-".repeat(1500)}1`],
    ["powers", `1${"**1".repeat(600)}`],
    ["negations", `${"not ".repeat(400)}true`],
    ["choices", `${"true ? 1 : ".repeat(150)}2`],
  ])("%s nested too deep", (_, text) => {
    expect(errorOf(() => parseExpression(text)).message).toContain("nested more than 100 levels deep");
  });

  test("a long sum is not deep", () => {
    expect(evaluate(`1${"+1".repeat(999)}`)).toBe(1000);
  });

  test("a text of more than 2,000 characters is refused", () => {
    expect(errorOf(() => parseExpression(`1${"+1".repeat(1000)}`)).message).toContain("has 2001 characters");
  });
});

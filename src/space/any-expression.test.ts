import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentTuneError } from "../errors.js";
import { RandomStream } from "../math/random.js";
import { inferType, parseExpression, typeOfValues } from "./expression/index.js";
import type { Parameter } from "./parameter.js";
import { SearchSpace } from "./search-space.js";

const parameters: readonly Parameter[] = [
  { kind: "float", name: "x", low: -1, high: 1, scale: "linear", default: 0.5 },
  { kind: "int", name: "n", low: 0, high: 12, scale: "linear", default: 4 },
  { kind: "boolean", name: "flag", default: true },
  { kind: "categorical", name: "act", choices: ["relu", "gelu"], default: "relu" },
  { kind: "categorical", name: "mixed", choices: [8, "auto", false], default: "auto" },
  { kind: "int", name: "m", low: 1, high: 64, scale: "log", powersOf: 2, default: 8, when: "flag" },
];
const types = new Map(
  parameters.map((parameter) => [
    parameter.name,
    parameter.kind === "categorical"
      ? typeOfValues(parameter.choices)
      : { number: parameter.kind !== "boolean", text: false, truth: parameter.kind === "boolean" },
  ]),
);

/** Expressions of the right form, of which many have operands of the wrong type. */
const { expression: anyExpression } = fc.letrec<{ expression: string }>((tie) => {
  const part = tie("expression");
  const binary = fc.constantFrom("+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or");
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("x", "n", "flag", "act", "mixed", "m", "0", "2", "0.5", "'relu'", "'auto'", "true"),
      fc.tuple(part, binary, part).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(part, part, part).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
      fc.tuple(part, part, part).map(([a, b, c]) => `(${a} <= ${b} < ${c})`),
      fc.tuple(part, part, part).map(([a, b, c]) => `(${a} in [${b}, ${c}])`),
      fc.tuple(fc.constantFrom("-", "not ", "!"), part).map(([sign, a]) => `(${sign}${a})`),
      fc.tuple(fc.constantFrom("abs", "floor", "log", "sqrt", "int"), part).map(([name, a]) => `${name}(${a})`),
    ),
  };
});

/** Conditions that are right in every respect. */
const { condition: anyCondition } = fc.letrec<{ number: string; condition: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("x", "n", "m", "n", "m", "2", "10"),
    fc
      .tuple(tie("number"), fc.constantFrom("+", "-", "*", "/", "//", "%"), tie("number"))
      .map((parts) => `(${parts.join(" ")})`),
    fc.tuple(tie("number"), tie("condition"), tie("number")).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
    fc.tuple(tie("number"), tie("number")).map(([a, b]) => `min(${a}, ${b})`),
  ),
  condition: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("flag", "act == 'gelu'", "mixed in [8, false]", "m % (n + 1) == 0", "n % 5 == 2"),
    fc
      .tuple(tie("number"), fc.constantFrom("<", "<=", ">", ">=", "!="), tie("number"))
      .map((parts) => `(${parts.join(" ")})`),
    fc.tuple(tie("condition"), fc.constantFrom("and", "or"), tie("condition")).map((parts) => `(${parts.join(" ")})`),
    tie("condition").map((inner) => `(not ${inner})`),
  ),
}));

function accepted(text: string): boolean {
  try {
    inferType(parseExpression(text), types);
    return true;
  } catch (error) {
    expect(AgentTuneError.isInstance(error) && error.code).toBe("expression_invalid");
    return false;
  }
}

test("whatever is not an expression is an error for people", () => {
  const tokens = fc.constantFrom(
    ..."( ) [ ] , a lr 1 2.5 'x' \" + - * ** / // % < <= == != = and or not in if else ? : ! $".split(" "),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(tokens).map((words) => words.join(" ")),
      ),
      (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          expect(AgentTuneError.isInstance(error) && error.code).toBe("expression_invalid");
        }
      },
    ),
    { numRuns: 1000, seed: 1 },
  );
});

test("what the check of types accepts never fails when it is evaluated", () => {
  const space = SearchSpace.from({ parameters, constraints: [], derived: [] });
  let evaluated = 0;
  fc.assert(
    fc.property(anyExpression, fc.integer(), (text, seed) => {
      if (!accepted(text)) return;
      evaluated++;
      const random = RandomStream.fromSeed(seed);
      for (let k = 0; k < 5; k++) parseExpression(text).evaluate(space.sample(random));
    }),
    { numRuns: 2000, seed: 2 },
  );
  expect(evaluated).toBeGreaterThan(400);
});

test("whatever the constraints, a repair satisfies them or says that it found nothing", () => {
  let repairs = 0;
  fc.assert(
    fc.property(fc.array(anyCondition, { minLength: 1, maxLength: 3 }), fc.integer(), (drawn, seed) => {
      const constraints = drawn.map((text) => `${text} or n == 4 and x == 0.5 and flag`);
      const definition = { parameters, constraints, derived: [] };
      if (SearchSpace.check(definition).length > 0) return;
      const space = SearchSpace.from(definition);
      const free = SearchSpace.from({ ...definition, constraints: [] });
      const random = RandomStream.fromSeed(seed);
      for (let k = 0; k < 3; k++) {
        const configuration = free.sample(random);
        const repaired = space.repair(configuration);
        if (repaired === undefined || repaired === configuration) continue;
        repairs++;
        expect(space.read(repaired)).toEqual({ ok: true, configuration: repaired });
      }
    }),
    { numRuns: 40, seed: 3 },
  );
  expect(repairs).toBeGreaterThan(30);
});

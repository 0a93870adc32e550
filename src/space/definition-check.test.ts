import { describe, expect, test } from "vitest";
import { AgentTuneError } from "../errors.js";
import type { FloatParameter, IntParameter, Parameter, SpaceDefinition } from "./parameter.js";
import { SearchSpace } from "./search-space.js";

const width: IntParameter = { kind: "int", name: "width", low: 16, high: 512, scale: "linear", default: 64 };
const lr: FloatParameter = { kind: "float", name: "lr", low: 1e-4, high: 0.1, scale: "log", default: 0.001 };
const act: Parameter = { kind: "categorical", name: "act", choices: ["relu", "gelu"], default: "relu" };

function define(parameters: readonly Parameter[], rest: Partial<SpaceDefinition> = {}): SpaceDefinition {
  return { parameters, constraints: [], derived: [], ...rest };
}

/** "path: message remedy" of each problem. */
function problems(definition: SpaceDefinition): readonly string[] {
  return SearchSpace.check(definition).map(
    ({ path, message, remedy }) => `${path.join(".")}: ${message} ${remedy ?? ""}`,
  );
}

test("a sound definition has no problems", () => {
  expect(problems(define([width, lr, act], { constraints: ["width <= 512 and act in ['relu', 'gelu']"] }))).toEqual([]);
});

describe("numeric parameters", () => {
  test.each([
    [{ low: 512 }, "parameters.width.high: low and high are both 512. Widen the range"],
    [{ low: 600 }, "parameters.width.low: low 600 is above high 512. Swap them."],
    [{ low: Number.NaN }, "parameters.width.low: low is NaN. Give a finite number"],
    [{ high: Number.POSITIVE_INFINITY }, "parameters.width.high: high is Infinity."],
    [{ low: 16.5 }, "parameters.width.low: low is 16.5, which is not a whole number. Use 17, or 'type: float'."],
    [{ high: 2 ** 60 }, "parameters.width.high: high is 1152921504606847000, which is too large to count exactly."],
    [{ low: 0, scale: "log" }, "parameters.width.low: low is 0, and a log scale has no zero and nothing below it."],
    [{ default: 8 }, "parameters.width.default: the default 8 lies outside 16 to 512."],
    [{ default: 64.5 }, "parameters.width.default: the default 64.5 is not a whole number."],
    [{ default: Number.NaN }, "parameters.width.default: the default NaN is not a finite number."],
    [{ step: 0 }, "parameters.width.step: step is 0. Use a positive number"],
    [{ step: -8 }, "parameters.width.step: step is -8. Use a positive number"],
    [{ step: 1.5 }, "parameters.width.step: step is 1.5, which is not a whole number."],
    [{ step: 500 }, "parameters.width.step: step 500 is larger than the range 16 to 512. Use at most 496."],
    [{ step: 32, default: 64 }, "the default 64 is not 16 plus a multiple of 32. The nearest values are 48 and 80."],
    [{ powersOf: 2, default: 100 }, "the default 100 is not a power of 2. The nearest values are 64 and 128."],
    [{ powersOf: 1 }, "parameters.width.powers_of: powers_of is 1. Use a whole number of at least 2."],
    [{ powersOf: 2.5 }, "parameters.width.powers_of: powers_of is 2.5."],
    [{ powersOf: 10, low: 20, high: 90 }, "parameters.width.powers_of: there is no power of 10 between 20 and 90."],
    [{ powersOf: 2, low: 60, high: 90 }, "parameters.width.powers_of: there is only one power of 2 between 60 and 90."],
    [{ powersOf: 2, step: 16 }, "parameters.width.step: step and powers_of exclude each other. Remove one of them."],
  ] as const)("%o", (change, expected) => {
    const found = problems(define([{ ...width, ...change }]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test.each([
    [{ low: 0 }, "low is 0, and a log scale has no zero and nothing below it. Use a positive low such as 0.00001"],
    [{ low: 1e-120 }, "parameters.lr.low: low is 1e-120."],
    [{ step: 0.001 }, "a float with a step cannot have a log scale."],
    [{ low: 0.1 - 1e-13 }, "is too narrow for twelve digits."],
    [{ low: -1e6, high: 1e6, scale: "linear", default: 1e-9 }, "the default 1e-9 is too small to be told apart"],
    [{ low: 0, high: 1, scale: "linear", step: 1e-12 }, "step 1e-12 is too small for twelve digits."],
  ] as const)("%o", (change, expected) => {
    const found = problems(define([{ ...lr, ...change }]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

test.each([
  [[], "x", "parameters.act.choices: there are no choices."],
  [["relu"], "relu", 'parameters.act.choices: there is only the choice "relu".'],
  [["relu", "gelu", "relu"], "relu", 'parameters.act.choices: the choice "relu" is there twice.'],
  [[1, "1"], 1, 'the choices 1 and "1" look the same to a training command.'],
  [["relu", Number.NaN], "relu", "the choice NaN is not a finite number."],
  [["relu", "gelu"], "glu", "the default \"glu\" is not among the choices; did you mean 'gelu'? Choose one of"],
])("choices %j with default %j", (choices, start, expected) => {
  const found = problems(define([{ kind: "categorical", name: "act", choices, default: start }]));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(expected);
});

describe("names", () => {
  test.each(["learning-rate", "2x", "", "a b", "a..b", ".a"])("'%s' is not a name", (name) => {
    expect(problems(define([{ ...width, name }]))[0]).toContain("this is not a name.");
  });

  test.each(["and", "true", "None", "constructor", "__proto__"])("'%s' is taken", (name) => {
    expect(problems(define([{ ...width, name }]))).toEqual([expect.stringContaining("has a meaning of its own")]);
  });

  test("occur once, in parameters and derived quantities together", () => {
    const derived = [{ name: "lr", formula: "width * 2" }];
    expect(problems(define([width, lr, width], { derived }))).toEqual([
      "parameters.width: the name is already that of a parameter. Give each its own name.",
      "derived.lr: the name is already that of a parameter. Give each its own name.",
    ]);
  });

  test("there is at least one", () => {
    expect(problems(define([]))[0]).toContain("there are none, so there is nothing to tune.");
  });
});

describe("expressions", () => {
  test("name what is unknown and what was probably meant", () => {
    const [problem] = SearchSpace.check(define([width, lr], { constraints: ["lr < 1", "widht % 16 == 0"] }));
    expect(problem).toEqual({
      code: "expression_invalid",
      path: ["constraints", 1],
      subject: "constraint 2",
      message: "There is no parameter 'widht'; did you mean 'width'?\n  widht % 16 == 0\n  ^",
      remedy: "Use the name of a parameter or of a derived quantity; texts stand in quotes.",
    });
  });

  test.each([
    [
      { constraints: ["width % 16"] },
      "constraints.0: 'width % 16' is not a condition. Write an expression whose value",
    ],
    [{ derived: [{ name: "d", formula: "act" }] }, "derived.d.formula: 'act' is a text. Write an expression"],
    [{ constraints: ["width >"] }, "constraints.0: Expected a value, found the end."],
    [{ constraints: ["act == 'rely'"] }, "constraints.0: 'act' is never \"rely\"; did you mean 'relu'?"],
  ])("%o", (rest, expected) => {
    const found = problems(define([width, act], rest));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test("conditions in a circle show the circle", () => {
    const circle = define([
      { ...width, when: "lr > 0.01" },
      { ...lr, when: "act == 'relu'" },
      { ...act, when: "width > 32" },
    ]);
    expect(problems(circle)).toEqual([
      "parameters.width.when: this goes in a circle: width -> lr -> act -> width. Remove one of these conditions.",
    ]);
    expect(problems(define([{ ...width, when: "width > 20" }]))[0]).toContain("width -> width");
  });

  test("derived quantities may use each other, but not in a circle", () => {
    const derived = (formula: string) => [
      { name: "a", formula: "b + 1" },
      { name: "b", formula },
    ];
    expect(problems(define([width], { derived: derived("width") }))).toEqual([]);
    expect(problems(define([width], { derived: derived("a * width") }))).toEqual([
      "derived.a.formula: this goes in a circle: a -> b -> a. Write one of these formulas with parameters only.",
    ]);
  });

  test("a condition cannot use a derived quantity", () => {
    const found = problems(define([width, { ...lr, when: "d > 1" }], { derived: [{ name: "d", formula: "width" }] }));
    expect(found).toEqual([
      expect.stringContaining("'d' is a derived quantity, and a condition can only use parameters."),
    ]);
  });
});

test("the default configuration, trial 0, has to satisfy the constraints", () => {
  const broken = define([width, lr], { constraints: ["width <= 32"] });
  expect(problems(broken)).toEqual([
    "constraints.0: 'width <= 32' does not hold where width = 64, the defaults. The default configuration is trial 0: change a default so that it holds, or the constraint.",
  ]);
  expect(() => SearchSpace.from(broken)).toThrow(expect.objectContaining({ code: "space_invalid" }));
});

describe("the error", () => {
  function errorOf(definition: SpaceDefinition): AgentTuneError {
    try {
      SearchSpace.from(definition);
    } catch (error) {
      if (AgentTuneError.isInstance(error)) return error;
    }
    throw new Error("expected an error");
  }

  test("has all problems, each with its remedy", () => {
    const error = errorOf(define([{ ...width, low: 600 }, { ...lr, low: 0 }, act], { constraints: ["act == 'rely'"] }));
    expect(error.code).toBe("space_invalid");
    expect(error.message).toMatchInlineSnapshot(`
      "The search space is not usable, 3 things are wrong:
        - parameter 'width': low 600 is above high 512.
          Swap them.
        - parameter 'lr': low is 0, and a log scale has no zero and nothing below it.
          Use a positive low such as 0.00001, or 'scale: linear'.
        - constraint 1: 'act' is never "rely"; did you mean 'relu'?
            act == 'rely'
                   ^
          It can be "relu", "gelu"."
    `);
    expect(error.where).toBe("parameters.width.low, parameters.lr.low, constraints.0");
  });

  test("is that of the one problem where there is one", () => {
    const error = errorOf(define([width], { constraints: ["width >"] }));
    expect(error.code).toBe("expression_invalid");
    expect(error.message).toBe(
      "The search space is not usable: constraint 1: Expected a value, found the end.\n  width >\n         ^",
    );
    expect(error.where).toBe("constraints.0");
  });
});

import { describe, expect, test } from "vitest";
import { AgentTuneError } from "../errors.js";
import { RandomStream } from "../math/random.js";
import type { Parameter, SpaceDefinition } from "./parameter.js";
import { SearchSpace } from "./search-space.js";

function spaceOf(parameters: readonly Parameter[], rest: Partial<SpaceDefinition> = {}): SearchSpace {
  return SearchSpace.from({ parameters, constraints: [], derived: [], ...rest });
}

const lr: Parameter = { kind: "float", name: "lr", low: 1e-5, high: 0.1, scale: "log", default: 3e-3 };
const width: Parameter = { kind: "int", name: "width", low: 16, high: 512, scale: "log", powersOf: 2, default: 64 };
const heads: Parameter = { kind: "int", name: "heads", low: 1, high: 8, scale: "linear", default: 4 };
const optimizer: Parameter = { kind: "categorical", name: "optimizer", choices: ["adam", "sgd"], default: "adam" };
const momentum: Parameter = {
  kind: "float",
  name: "momentum",
  low: 0,
  high: 0.9,
  step: 0.1,
  scale: "linear",
  default: 0.3,
  when: "optimizer == 'sgd'",
};
const nesterov: Parameter = { kind: "boolean", name: "nesterov", default: true, when: "momentum > 0" };

/** The conditional ones stand before what they depend on: the order of a file does not matter. */
const training = spaceOf([lr, nesterov, momentum, optimizer, width, heads], {
  constraints: ["width % heads == 0", "momentum < 0.5 or width > 64"],
  derived: [
    { name: "head_dim", formula: "width // heads" },
    { name: "head_area", formula: "head_dim ** 2" },
    { name: "warm", formula: "momentum * 10" },
    { name: "ratio", formula: "1 / (heads - 4)" },
  ],
});
const adam = { lr: 0.001, optimizer: "adam", width: 64, heads: 4 };
const sgd = { ...adam, optimizer: "sgd", momentum: 0.4, nesterov: false };

describe("encoding", () => {
  test("discrete values stand in the middle of cells that share [0, 1]", () => {
    expect(spaceOf([heads]).numericAxes[0]?.grid).toEqual([1, 3, 5, 7, 9, 11, 13, 15].map((k) => k / 16));
  });

  test("powers are equally far from each other", () => {
    const space = spaceOf([{ ...width, low: 10, high: 100, default: 32, scale: "linear" } as Parameter]);
    const grid = space.numericAxes[0]?.grid ?? [];
    expect(grid.map((position) => space.decodeNumeric("width", position))).toEqual([16, 32, 64]);
    expect(grid.map((position) => position * 6)).toEqual([expect.closeTo(1), expect.closeTo(3), expect.closeTo(5)]);
  });

  test("whole numbers on a log scale stand closer the larger they are", () => {
    const grid = spaceOf([{ ...heads, scale: "log" }]).numericAxes[0]?.grid ?? [];
    const gaps = grid.slice(1).map((position, k) => position - (grid[k] ?? 0));
    expect(gaps).toHaveLength(7);
    expect(gaps).toEqual([...gaps].sort((a, b) => b - a));
  });

  test("floats run from end to end, on their scale", () => {
    const space = spaceOf([lr]);
    expect(space.numericAxes).toEqual([{ name: "lr" }]);
    expect([0, 0.25, 1].map((at) => space.decodeNumeric("lr", at))).toEqual([1e-5, 1e-4, 0.1]);
    expect(space.decodeNumeric("lr", 7)).toBe(0.1);
  });

  test("more than 1,024 values have no grid, but are still themselves", () => {
    const space = spaceOf([{ kind: "int", name: "steps", low: 100, high: 1_000_000, scale: "log", default: 1000 }]);
    expect(space.numericAxes).toEqual([{ name: "steps" }]);
    for (const steps of [100, 101, 999_999, 1_000_000, 54_321]) {
      expect(space.decode(space.encode({ steps }))).toEqual({ steps });
    }
    expect(Number.isInteger(space.decodeNumeric("steps", 0.123))).toBe(true);
  });

  test("an inactive parameter stands at its default, and is left out again", () => {
    const point = training.encode(adam);
    expect(point.numeric[1]).toBeCloseTo(0.35);
    expect(point.categorical).toEqual([1, 0]);
    expect(training.decode(point)).toEqual(adam);
  });

  test("what is active is decided by what is decoded", () => {
    const point = training.encode(adam);
    expect(training.decode({ ...point, categorical: [0, 1] })).toEqual({ ...sgd, momentum: 0.3 });
    const still = { numeric: [point.numeric[0] ?? 0, 0, ...point.numeric.slice(2)], categorical: [0, 1] };
    expect(training.decode(still)).toEqual({ ...adam, optimizer: "sgd", momentum: 0 });
  });

  test("a point of another shape or with NaN is refused", () => {
    expect(() => training.decode({ numeric: [0.5], categorical: [] })).toThrow("1 numeric and 0 categorical");
    expect(() => spaceOf([lr]).decode({ numeric: [Number.NaN], categorical: [] })).toThrow("'lr' is not a number");
  });
});

describe("reading", () => {
  test("gives the canonical configuration in the declared order, without inactive parameters", () => {
    const result = training.read({
      heads: 4,
      width: 64,
      optimizer: "adam",
      lr: 0.001,
      momentum: "whatever",
      nesterov: 3,
    });
    expect(result).toEqual({ ok: true, configuration: adam });
    expect(result.ok && Object.keys(result.configuration)).toEqual(["lr", "optimizer", "width", "heads"]);
  });

  test.each([
    ["float error", { heads: 4.0000000001 }, { heads: 4 }],
    ["the nearest power, by factors", { width: 90 }, { width: 64 }],
    ["the nearest power, by factors", { width: 91 }, { width: 128 }],
    ["the nearest step", { momentum: 0.349, optimizer: "sgd", nesterov: true }, { momentum: 0.3 }],
    ["twelve digits", { lr: 0.0012345678901234567 }, { lr: 0.00123456789012 }],
    ["an end of the range", { lr: 0.1 + 1e-17 }, { lr: 0.1 }],
  ])("takes a number for %s", (_, given, expected) => {
    expect(training.read({ ...adam, ...given })).toMatchObject({ ok: true, configuration: expected });
  });

  test.each([
    [{ lr: "0.001" }, "lr", 'must be a number, not "0.001"'],
    [{ lr: 0.2 }, "lr", "must lie between 0.00001 and 0.1, not 0.2"],
    [{ lr: Number.NaN }, "lr", "must be a number, not NaN"],
    [{ lr: null }, "lr", "must be a number, not null"],
    [{ lr: undefined }, "lr", "is missing"],
    [{ heads: 2.5 }, "heads", "must be a whole number, not 2.5"],
    [{ heads: 9 }, "heads", "must lie between 1 and 8, not 9"],
    [{ optimizer: "sdg" }, "optimizer", 'must be one of "adam", "sgd", not "sdg"; did you mean \'sgd\'?'],
    [{ optimizer: true }, "optimizer", 'must be one of "adam", "sgd", not true'],
    [{ widht: 3 }, "widht", "is not a parameter of this study; did you mean 'width'?"],
    [{ heads: 3 }, "width % heads == 0", "does not hold where width = 64, heads = 3"],
    [{ optimizer: "sgd" }, "momentum", "is missing; it is needed where optimizer == 'sgd'"],
  ])("refuses %o", (given, subject, message) => {
    const result = training.read({ ...adam, ...given });
    expect(result).toEqual({ ok: false, problems: [{ subject, message }] });
  });

  test("names everything that is wrong at once", () => {
    const result = training.read({ lr: 5, width: 1000, depth: 3 });
    expect(result.ok ? [] : result.problems.map(({ subject }) => subject).sort()).toEqual([
      "depth",
      "heads",
      "lr",
      "optimizer",
      "width",
    ]);
  });

  test("does not take what objects inherit for values", () => {
    const space = spaceOf([lr]);
    expect(space.read(Object.create({ lr: 0.001 }))).toMatchObject({ ok: false });
    expect(space.read(JSON.parse('{"lr": 0.001, "__proto__": {"x": 1}}'))).toMatchObject({ ok: false });
  });
});

describe("conditions, constraints and derived quantities", () => {
  test("a parameter is active where its condition is true, and so not where what it refers to is inactive", () => {
    expect(training.isActive("momentum", adam)).toBe(false);
    expect(training.isActive("nesterov", adam)).toBe(false);
    expect(training.isActive("nesterov", sgd)).toBe(true);
    expect(training.isActive("nesterov", { ...sgd, momentum: 0 })).toBe(false);
  });

  test("a constraint on an inactive parameter holds", () => {
    expect(training.brokenConstraints(adam)).toEqual([]);
    expect(training.brokenConstraints({ ...sgd, momentum: 0.6 })).toEqual(["momentum < 0.5 or width > 64"]);
    expect(training.brokenConstraints({ ...sgd, momentum: 0.6, heads: 3 })).toHaveLength(2);
  });

  test("quantities may use each other; what cannot be computed is absent", () => {
    expect(training.derive({ ...adam, heads: 2 })).toEqual({ head_dim: 32, head_area: 1024, ratio: -0.5 });
    expect(training.derive(sgd)).toEqual({ head_dim: 16, head_area: 256, warm: 4 });
  });

  test("constraints may use derived quantities; one that is not finite breaks them", () => {
    const space = spaceOf([heads, width], {
      derived: [{ name: "share", formula: "width / (heads - 1)" }],
      constraints: ["share <= 100"],
    });
    expect(space.brokenConstraints({ heads: 8, width: 512 })).toEqual([]);
    expect(space.brokenConstraints({ heads: 1, width: 16 })).toEqual(["share <= 100"]);
  });
});

describe("sampling", () => {
  test("gives every value of a discrete parameter the same share", () => {
    const space = spaceOf([heads]);
    const random = RandomStream.fromSeed(5);
    const counts = new Array<number>(9).fill(0);
    for (let k = 0; k < 8000; k++) {
      const drawn = Number(space.sample(random).heads);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    // Chi-squared with 7 degrees of freedom: 24.3 is exceeded once in a thousand.
    const chiSquared = counts.slice(1).reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(24.3);
  });

  test("only gives configurations that satisfy the constraints, the same for the same seed", () => {
    const draw = (seed: number) => {
      const random = RandomStream.fromSeed(seed);
      return Array.from({ length: 200 }, () => training.sample(random));
    };
    for (const drawn of draw(1)) expect(training.brokenConstraints(drawn)).toEqual([]);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test("ends also where hardly any configuration satisfies the constraints", () => {
    const wide: Parameter = { kind: "int", name: "n", low: 1, high: 1_000_000, scale: "linear", default: 7 };
    const space = spaceOf([wide], { constraints: ["(n * 7919) % 999983 == 55433"] });
    expect(space.sample(RandomStream.fromSeed(1))).toEqual({ n: 7 });
  });
});

test("size counts configurations through conditions", () => {
  expect(spaceOf([width, heads]).size()).toBe(6 * 8);
  expect(spaceOf([lr, heads]).size()).toBe(Number.POSITIVE_INFINITY);
  // adam; sgd with momentum 0; sgd with nine other momenta and nesterov on or off
  expect(spaceOf([optimizer, momentum, nesterov]).size()).toBe(1 + 1 + 9 * 2);
});

test.each([
  ["lr", 0.003, undefined, "0.003"],
  ["lr", 0.0123456, undefined, "0.0123"],
  ["lr", 1.2e-5, undefined, "1.2e-05"],
  ["lr", 0.0123456, 5, "0.012346"],
  ["lr", 0.0001, undefined, "0.0001"],
  ["width", 123456, undefined, "123456"],
  ["optimizer", "sgd", undefined, "sgd"],
  ["nesterov", true, undefined, "true"],
])("format(%s, %s) is %s", (name, value, digits, text) => {
  expect(training.format(name, value, digits)).toBe(text);
});

test("a parameter that does not exist is an error that says what was probably meant", () => {
  expect(training.parameter("width")).toBe(width);
  const unknown = () => training.parameter("widths");
  expect(unknown).toThrow(AgentTuneError);
  expect(unknown).toThrow(expect.objectContaining({ code: "configuration_invalid", remedy: "Did you mean 'width'?" }));
});

test("a default that is a number with float error is the value that it stands for, everywhere", () => {
  const space = spaceOf([{ ...momentum, default: 0.1 + 0.2 } as Parameter, optimizer]);
  expect(space.parameter("momentum").default).toBe(0.3);
  expect(space.decode({ numeric: [0.35], categorical: [1] })).toEqual({ momentum: 0.3, optimizer: "sgd" });
});

test("defaults cannot be changed by whoever gets them", () => {
  expect(training.defaults()).toEqual({ ...adam, lr: 3e-3 });
  expect(Object.isFrozen(training.defaults())).toBe(true);
});

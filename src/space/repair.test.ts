import { describe, expect, test } from "vitest";
import { RandomStream } from "../math/random.js";
import type { Configuration, Parameter, SpaceDefinition } from "./parameter.js";
import { SearchSpace } from "./search-space.js";

function int(name: string, low: number, high: number, start: number, rest: Partial<Parameter> = {}): Parameter {
  return { kind: "int", name, low, high, scale: "linear", default: start, ...rest } as Parameter;
}
function float(name: string, low: number, high: number, start: number): Parameter {
  return { kind: "float", name, low, high, scale: "linear", default: start };
}
function spaceOf(
  parameters: readonly Parameter[],
  constraints: readonly string[],
  rest: Partial<SpaceDefinition> = {},
) {
  return SearchSpace.from({ parameters, constraints, derived: [], ...rest });
}

function distance(space: SearchSpace, a: Configuration, b: Configuration): number {
  const from = space.encode(a);
  const to = space.encode(b);
  const numeric = from.numeric.reduce((sum, x, k) => sum + (x - (to.numeric[k] ?? 0)) ** 2, 0);
  const categorical = from.categorical.filter((x, k) => x !== to.categorical[k]).length;
  return Math.sqrt(numeric + categorical);
}

/** Draws that ignore the constraints. */
function draws(space: SearchSpace, count: number, seed: number): readonly Configuration[] {
  const random = RandomStream.fromSeed(seed);
  return Array.from({ length: count }, () =>
    space.decode({
      numeric: space.numericAxes.map(() => random.uniform()),
      categorical: space.categoricalAxes.map(({ choices }) => random.integer(choices.length)),
    }),
  );
}

/** All configurations of a small discrete space. */
function everything(space: SearchSpace): readonly Configuration[] {
  let points: { numeric: number[]; categorical: number[] }[] = [{ numeric: [], categorical: [] }];
  for (const { grid = [] } of space.numericAxes) {
    points = points.flatMap((point) => grid.map((at) => ({ ...point, numeric: [...point.numeric, at] })));
  }
  for (const { choices } of space.categoricalAxes) {
    points = points.flatMap((point) => choices.map((_, k) => ({ ...point, categorical: [...point.categorical, k] })));
  }
  return points.map((point) => space.decode(point));
}

test("a configuration that satisfies the constraints is returned as it is", () => {
  const space = spaceOf([int("a", 1, 9, 1), int("b", 1, 9, 2)], ["a < b"]);
  const good = { a: 3, b: 4 };
  expect(space.repair(good)).toBe(good);
});

test("where no configuration satisfies them, the answer is undefined", () => {
  const space = spaceOf([int("n", 1, 1_000_000, 7)], ["(n * 7919) % 999983 == 55433"]);
  expect(space.repair({ n: 500_000 })).toBeUndefined();
});

describe("the nearest is found, as a search through everything shows", () => {
  const powers = { scale: "log", powersOf: 2 } as const;
  test.each<[string, SearchSpace]>([
    [
      "heads divide the width",
      spaceOf(
        [int("width", 8, 128, 64, { step: 8 } as Partial<Parameter>), int("heads", 1, 12, 4)],
        ["width % heads == 0"],
      ),
    ],
    [
      "batches fit",
      spaceOf(
        [int("TOTAL", 2 ** 11, 2 ** 20, 2 ** 19, powers), int("DEVICE", 1, 128, 32, powers)],
        ["TOTAL % (DEVICE * 2048) == 0"],
      ),
    ],
    [
      "two constraints share a parameter",
      spaceOf(
        [int("head_dim", 8, 128, 32, powers), int("width", 16, 512, 128, powers), int("heads", 1, 16, 4)],
        ["head_dim <= width", "head_dim * heads == width or heads == 1"],
      ),
    ],
    [
      "a choice is part of it",
      spaceOf(
        [
          { kind: "categorical", name: "act", choices: ["relu", "gelu", "silu"], default: "relu" },
          { kind: "boolean", name: "bias", default: true },
          int("depth", 1, 12, 2),
        ],
        ["act != 'silu' or depth <= 3", "bias or depth > 1"],
      ),
    ],
    [
      "a derived quantity is bounded",
      spaceOf([int("depth", 1, 16, 2), int("width", 1, 16, 4)], ["parameters <= 300"], {
        derived: [
          { name: "layer", formula: "12 * width" },
          { name: "parameters", formula: "depth * layer" },
        ],
      }),
    ],
  ])("%s", (_, space) => {
    const feasible = everything(space).filter((candidate) => space.brokenConstraints(candidate).length === 0);
    for (const drawn of draws(space, 150, 3)) {
      const repaired = space.repair(drawn);
      if (repaired === undefined) throw new Error(`not repaired: ${space.key(drawn)}`);
      expect(space.brokenConstraints(repaired)).toEqual([]);
      const nearest = Math.min(...feasible.map((candidate) => distance(space, drawn, candidate)));
      expect(distance(space, drawn, repaired)).toBeCloseTo(nearest, 9);
    }
  });
});

test("a sum is reduced in all its parts, which is the shortest way", () => {
  const space = spaceOf([float("a", 0, 1, 0.2), float("b", 0, 1, 0.2), float("c", 0, 1, 0.2)], ["a + b + c <= 1"]);
  const start = { a: 0.8, b: 0.6, c: 0.5 };
  const repaired = space.repair(start);
  expect(repaired).toEqual({ a: expect.closeTo(0.5), b: expect.closeTo(0.3), c: expect.closeTo(0.2) });
  expect(repaired === undefined ? [] : space.brokenConstraints(repaired)).toEqual([]);
});

test("a chain of orders is mended like an isotonic regression, by averaging what is out of order", () => {
  const names = ["a", "b", "c", "d", "e"];
  const space = spaceOf(
    names.map((name) => float(name, 0, 1, 0.5)),
    ["a <= b <= c", "c <= d", "d <= e"],
  );
  const average = expect.closeTo((0.8 + 0.7 + 0.1) / 3, 2);
  expect(space.repair({ a: 0.2, b: 0.8, c: 0.7, d: 0.1, e: 0.9 })).toEqual({
    a: 0.2,
    b: average,
    c: average,
    d: average,
    e: 0.9,
  });
});

test("an equation between continuous values is met exactly", () => {
  const space = spaceOf([float("a", 0, 1, 0.5), float("b", 0, 1, 0.5)], ["a + b == 1"]);
  for (const drawn of draws(space, 30, 4)) {
    const { a, b } = space.repair(drawn) ?? {};
    expect(Number(a) + Number(b)).toBe(1);
  }
});

test("a continuous value goes to the boundary and no farther", () => {
  const space = spaceOf([float("lr", 0, 1, 0.01), float("warm", 0, 1, 0.5)], ["lr < 0.25"]);
  expect(space.repair({ lr: 0.7, warm: 0.9 })).toEqual({ lr: expect.closeTo(0.25, 9), warm: 0.9 });
});

test("a multiple is found among a million values", () => {
  const space = spaceOf(
    [int("total", 1, 1_048_576, 65_536), int("device", 1, 32, 32)],
    ["total % (device * 2048) == 0"],
  );
  expect(space.repair({ total: 200_001, device: 32 })).toEqual({ total: 196_608, device: 32 });
});

test("inactive parameters stay out, newly active ones come in at their default", () => {
  const space = spaceOf(
    [
      { kind: "categorical", name: "optimizer", choices: ["adam", "sgd"], default: "sgd" },
      { ...float("momentum", 0, 1, 0.5), when: "optimizer == 'sgd'" },
      int("depth", 1, 4, 1),
    ],
    ["optimizer == 'sgd' or depth < 1", "momentum <= 0.5 or depth == 1"],
  );
  expect(space.repair({ optimizer: "adam", depth: 3 })).toEqual({ optimizer: "sgd", momentum: 0.5, depth: 3 });
});

test("fourteen parameters under six constraints are repaired with bounded work", () => {
  const names = Array.from({ length: 14 }, (_, k) => `p${k}`);
  const space = spaceOf(
    names.map((name, k) => (k % 2 === 0 ? float(name, 0, 1, 0.1) : int(name, 1, 64, 4))),
    ["p0 + p2 + p4 <= 1", "p1 % p3 == 0", "p5 <= p7", "p6 * p9 < 10", "p11 * p13 <= 512", "p8 + p10 + p12 < 1.5"],
  );
  for (const drawn of draws(space, 30, 9)) {
    const repaired = space.repair(drawn);
    expect(repaired).toBeDefined();
    expect(repaired === undefined ? [] : space.brokenConstraints(repaired)).toEqual([]);
    expect(space.repair(drawn)).toEqual(repaired);
  }
});

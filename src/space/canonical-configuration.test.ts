import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "../math/random.js";
import type { BooleanParameter, CategoricalParameter, FloatParameter, IntParameter, Parameter } from "./parameter.js";
import { SearchSpace } from "./search-space.js";

/** One parameter of any kind, named later. */
const anyParameter = fc.oneof(
  fc
    .record({
      low: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      width: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
    })
    .map(({ low, width }): Omit<FloatParameter, "name"> => {
      const high = low + width;
      return { kind: "float", low, high, scale: "linear", default: low < 0 && high > 0 ? 0 : low };
    }),
  fc
    .record({ exponent: fc.integer({ min: -60, max: 30 }), decades: fc.integer({ min: 1, max: 60 }) })
    .map(({ exponent, decades }): Omit<FloatParameter, "name"> => {
      const low = 10 ** exponent;
      return { kind: "float", low, high: 10 ** (exponent + decades), scale: "log", default: low };
    }),
  fc
    .record({
      first: fc.integer({ min: -50, max: 50 }),
      step: fc.constantFrom(0.1, 0.05, 0.3, 0.001, 2.5, 1e-6),
      count: fc.integer({ min: 2, max: 3000 }),
    })
    .map(({ first, step, count }): Omit<FloatParameter, "name"> => {
      const low = Number((first * step).toFixed(6));
      return { kind: "float", low, high: low + step * (count - 0.5), step, scale: "linear", default: low };
    }),
  fc
    .record({
      low: fc.integer({ min: 1, max: 1000 }),
      step: fc.integer({ min: 1, max: 64 }),
      count: fc.integer({ min: 2, max: 100_000 }),
      scale: fc.constantFrom("linear" as const, "log" as const),
    })
    .map(({ low, step, count, scale }): Omit<IntParameter, "name"> => {
      const high = low + step * (count - 1);
      return { kind: "int", low, high, step, scale, default: high };
    }),
  fc.integer({ min: 2, max: 10 }).map(
    (base): Omit<IntParameter, "name"> => ({
      kind: "int",
      low: 1,
      high: 1e6,
      scale: "log",
      powersOf: base,
      default: base,
    }),
  ),
  fc.integer({ min: 2, max: 5 }).map(
    (count): Omit<CategoricalParameter, "name"> => ({
      kind: "categorical",
      choices: ["a", 1, true, "b", 2.5].slice(0, count),
      default: "a",
    }),
  ),
  fc.constant<Omit<BooleanParameter, "name">>({ kind: "boolean", default: true }),
);

/** Up to six parameters, some of which are only active with the switch on. */
const anySpace = fc.array(fc.tuple(anyParameter, fc.boolean()), { minLength: 1, maxLength: 6 }).map((drawn) =>
  SearchSpace.from({
    parameters: [
      ...drawn.map(
        ([shape, conditional], k): Parameter => ({
          ...shape,
          name: `p${k}`,
          ...(conditional ? { when: "switch" } : {}),
        }),
      ),
      { kind: "boolean", name: "switch", default: false },
    ],
    constraints: [],
    derived: [],
  }),
);

/** A space with coordinates for it, also outside [0, 1] and at its ends. */
const anyPoint = anySpace.chain((space) =>
  fc.record({
    space: fc.constant(space),
    numeric: fc.array(fc.oneof(fc.double({ min: -0.1, max: 1.1, noNaN: true }), fc.constantFrom(0, 1, 0.5)), {
      minLength: space.numericAxes.length,
      maxLength: space.numericAxes.length,
    }),
    categorical: fc.tuple(
      ...space.categoricalAxes.map(({ choices }) => fc.integer({ min: 0, max: choices.length - 1 })),
    ),
  }),
);

test("decode(encode(c)) is c for every canonical c, and so encode(decode(p)) is idempotent", () => {
  fc.assert(
    fc.property(anyPoint, ({ space, ...point }) => {
      const configuration = space.decode(point);
      const again = space.encode(configuration);
      expect(space.decode(again)).toEqual(configuration);
      expect(space.encode(space.decode(again))).toEqual(again);
      expect(Object.keys(space.decode(again))).toEqual(Object.keys(configuration));
    }),
    { numRuns: 400, seed: 1 },
  );
});

test("what decode gives is read back as it is, from JSON and from decimal text", () => {
  fc.assert(
    fc.property(anyPoint, ({ space, ...point }) => {
      const configuration = space.decode(point);
      expect(space.read(configuration)).toEqual({ ok: true, configuration });
      expect(space.read(JSON.parse(JSON.stringify(configuration)))).toEqual({ ok: true, configuration });
      for (const value of Object.values(configuration)) {
        if (typeof value === "number") expect(Number(String(value))).toBe(value);
      }
    }),
    { numRuns: 200, seed: 2 },
  );
});

test("encoded points are whole and inside [0, 1], on the grid where there is one", () => {
  fc.assert(
    fc.property(anyPoint, ({ space, ...point }) => {
      const { numeric, categorical } = space.encode(space.decode(point));
      expect(numeric).toHaveLength(space.numericAxes.length);
      expect(categorical).toHaveLength(space.categoricalAxes.length);
      space.numericAxes.forEach(({ grid }, k) => {
        const coordinate = numeric[k] ?? Number.NaN;
        expect(coordinate).toBeGreaterThanOrEqual(0);
        expect(coordinate).toBeLessThanOrEqual(1);
        if (grid !== undefined) expect(grid).toContain(coordinate);
      });
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("keys are equal exactly where configurations are", () => {
  fc.assert(
    fc.property(anySpace, fc.integer(), (space, seed) => {
      const random = RandomStream.fromSeed(seed);
      const drawn = Array.from({ length: 12 }, () => space.sample(random));
      for (const a of drawn) {
        const shuffled = Object.fromEntries(Object.entries(a).reverse());
        expect(space.key(shuffled)).toBe(space.key(a));
        for (const b of drawn) {
          expect(space.key(a) === space.key(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
        }
      }
    }),
    { numRuns: 100, seed: 4 },
  );
});

test("values of a range that crosses zero are those a person would write", () => {
  const space = SearchSpace.from({
    parameters: [{ kind: "float", name: "x", low: -0.3, high: 0.3, step: 0.1, scale: "linear", default: 0 }],
    constraints: [],
    derived: [],
  });
  const values = space.numericAxes[0]?.grid?.map((coordinate) => space.decodeNumeric("x", coordinate));
  expect(values).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  expect(values?.some((value) => Object.is(value, -0))).toBe(false);
});

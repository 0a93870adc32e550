import { expect, it } from "vitest";
import { RandomStream } from "../math/random.js";
import { type Configuration, SearchSpace } from "../space/index.js";
import { draw } from "./draw.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "int", name: "a", low: 1, high: 9, scale: "linear", default: 1 },
    { kind: "int", name: "b", low: 1, high: 9, scale: "linear", default: 1 },
  ],
  constraints: ["a + b <= 10"],
  derived: [],
});

/** Draws the given configurations one after the other, the last one for ever. */
function drawing(configurations: readonly Configuration[], told: readonly Configuration[] = []) {
  const drawn: Configuration[] = [];
  const result = draw(
    space,
    RandomStream.fromSeed(1),
    (configuration) => told.some((known) => space.key(known) === space.key(configuration)),
    () => {
      const configuration = configurations[Math.min(drawn.length, configurations.length - 1)] ?? {};
      drawn.push(configuration);
      return { point: drawn.length, configuration };
    },
  );
  return { ...result, draws: drawn.length };
}

it("takes the first configuration that is new and satisfies the constraints", () => {
  const configurations = [
    { a: 9, b: 9 },
    { a: 2, b: 2 },
    { a: 3, b: 3 },
    { a: 4, b: 4 },
  ];
  expect(drawing(configurations, [{ a: 2, b: 2 }])).toEqual({
    configuration: { a: 3, b: 3 },
    point: 3,
    repaired: false,
    draws: 3,
  });
});

it("accepts a repetition after twenty draws, as the sample that it is, rather than repair a broken one", () => {
  const configurations = [
    { a: 9, b: 9 },
    { a: 2, b: 2 },
  ];
  expect(drawing(configurations, [{ a: 2, b: 2 }])).toEqual({
    configuration: { a: 2, b: 2 },
    point: 2,
    repaired: false,
    draws: 20,
  });
});

it("repairs the first one where twenty draws all broke a constraint, and says so", () => {
  const { configuration, point, repaired } = drawing([
    { a: 6, b: 5 },
    { a: 9, b: 9 },
  ]);
  expect(space.brokenConstraints(configuration)).toEqual([]);
  expect(Math.abs(Number(configuration.a) - 6) + Math.abs(Number(configuration.b) - 5)).toBeLessThanOrEqual(2);
  expect({ point, repaired }).toEqual({ point: 1, repaired: true });
});

import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import type { Evaluation } from "../optimizer.js";
import { type Individual, Population } from "./population.js";

const individual = (key: string, evaluation: Evaluation | number): Individual => ({
  key,
  configuration: { key },
  evaluation: typeof evaluation === "number" ? { kind: "value", value: evaluation } : evaluation,
  strength: 1,
});
const failure = (severity: number): Evaluation => ({ kind: "failure", severity });
const keys = (population: Population) => population.individuals.map(({ key }) => key);

describe("a population", () => {
  it("keeps the best, whatever the order in which they come", () => {
    const population = new Population(3);
    for (const [key, value] of [
      ["a", 5],
      ["b", failure(1)],
      ["c", 1],
      ["d", 9],
      ["e", 3],
      ["f", failure(0)],
    ] as const) {
      population.add(individual(key, value));
    }
    expect(keys(population)).toEqual(["c", "e", "a"]);
  });

  it("prefers the newer of two that are equal, so that it can drift across a plateau", () => {
    const population = new Population(2, [individual("a", 1), individual("b", 1)]);
    population.add(individual("c", 1));
    expect(keys(population)).toEqual(["c", "b"]);
  });

  it("judges a configuration by its latest evaluation and has it once", () => {
    const population = new Population(3, [individual("lucky", -5), individual("a", 1), individual("b", 2)]);
    population.add(individual("lucky", 1.5));
    expect(keys(population)).toEqual(["a", "lucky", "b"]);
  });

  it("selects better ones more often, as often as tournaments say", () => {
    const population = new Population(
      4,
      [0, 1, 2, 3].map((k) => individual(`${k}`, k)),
    );
    const random = RandomStream.fromSeed(1);
    const counts = new Map<string, number>();
    for (let k = 0; k < 8000; k++) {
      const key = population.select(2, random)?.key ?? "";
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Of 16 pairs, the best is in 7, the next is the best of 5, and so on; six standard errors.
    [7, 5, 3, 1].forEach((pairs, k) => {
      const p = pairs / 16;
      expect(Math.abs((counts.get(`${k}`) ?? 0) - 8000 * p)).toBeLessThan(6 * Math.sqrt(8000 * p * (1 - p)));
    });
  });
});

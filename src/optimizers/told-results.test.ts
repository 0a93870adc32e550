import { describe, expect, it } from "vitest";
import { RandomStream } from "../math/random.js";
import { SearchSpace } from "../space/index.js";
import type { Told } from "./optimizer.js";
import { ToldResults } from "./told-results.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
    { kind: "int", name: "width", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
    { kind: "categorical", name: "optimizer", choices: ["sgd", "adam"], default: "adam" },
    { kind: "float", name: "momentum", low: 0, high: 1, scale: "linear", default: 0.9, when: "optimizer == 'sgd'" },
    { kind: "boolean", name: "bias", default: true },
  ],
  constraints: [],
  derived: [],
});

function some(count: number): Told[] {
  const random = RandomStream.fromSeed(3);
  return Array.from({ length: count }, (_, k): Told => {
    const configuration = space.sample(random);
    if (k % 3 === 0) {
      return {
        configuration,
        evaluation: { kind: "failure", severity: k % 5, failure: k % 2 === 0 ? "timeout" : "out_of_memory" },
        measured: { peakMemory: 1e9 + k, progress: 0.3 },
      };
    }
    if (k % 7 === 0) return { configuration, evaluation: { kind: "failure", severity: 0 } };
    return { configuration, evaluation: { kind: "value", value: random.normal() }, measured: { cost: 12.5 } };
  });
}

describe("ToldResults", () => {
  it("gives back every result exactly after its state went through JSON", () => {
    const results = new ToldResults(space);
    for (const told of some(50)) results.add(told);
    const copy = ToldResults.restore(space, JSON.parse(JSON.stringify(results.state())));
    expect(copy.results).toEqual(results.results);
    expect(copy.told).toBe(50);
    expect(copy.state()).toEqual(results.state());
  });

  it("keeps no more than its capacity, and never forgets the best", () => {
    const results = new ToldResults(space, 20);
    const told = some(100);
    for (const one of told) results.add(one);
    const values = told.flatMap(({ evaluation }) => (evaluation.kind === "value" ? [evaluation.value] : []));
    const kept = results.results.flatMap(({ evaluation }) => (evaluation.kind === "value" ? [evaluation.value] : []));
    expect(results.results.length).toBeLessThanOrEqual(20);
    expect(results.results.length).toBeGreaterThanOrEqual(18);
    expect(Math.min(...kept)).toBe(Math.min(...values));
    expect(results.results.at(-1)?.id).toBe(99);
    expect(results.told).toBe(100);
  });

  it("takes eleven bytes for each number", () => {
    const results = new ToldResults(space);
    for (const told of some(100)) results.add(told);
    expect(JSON.stringify(results.state()).length).toBeLessThan(100 * 11 * 11 + 200);
  });
});

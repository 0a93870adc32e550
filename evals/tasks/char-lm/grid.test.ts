import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/math/random.js";
import { SearchSpace } from "../../../src/space/index.js";
import { exampleStudy } from "./example.js";
import { gridConfigurations, gridSpace, levelsOf, scriptConfiguration } from "./grid.js";

const study = exampleStudy();
const space = gridSpace(study);
const grid = gridConfigurations(space);

describe("the grid", () => {
  it("holds every configuration of its space once, canonical and in order", () => {
    expect(grid.length).toBe(2520);
    expect(grid.length).toBe(space.size());
    expect(new Set(grid.map((configuration) => space.key(configuration))).size).toBe(grid.length);
    for (const configuration of grid.slice(0, 400))
      expect(space.read(configuration)).toEqual({ ok: true, configuration });
  });

  it("has the levels that were meant", () => {
    const levels = Object.fromEntries(space.parameters.map((each) => [each.name, levelsOf(space, each)]));
    expect(levels).toEqual({
      log10_learning_rate: [-3, -2.5, -2, -1.5, -1, -0.5, 0],
      optimizer: ["adam", "sgd"],
      batch_size: [64, 128],
      context: [2, 4, 6],
      buckets: [4096, 32_768, 262_144],
      width: [8, 16, 32, 64, 128],
      depth: [1, 2],
    });
  });

  it("has whatever an optimizer may draw", () => {
    const keys = new Set(grid.map((configuration) => space.key(configuration)));
    const random = RandomStream.fromSeed(4);
    for (let k = 0; k < 300; k++) expect(keys.has(space.key(space.sample(random)))).toBe(true);
  });

  it("tells of each parameter what the example tells, and its learning rate in native units", () => {
    const described = new Map(study.space.parameters.map((each) => [each.name, each]));
    for (const { name, description, unit } of space.parameters) {
      if (name === "log10_learning_rate") expect(description).toContain(described.get("learning_rate")?.description);
      else expect({ description, unit }).toEqual(pick(described.get(name)));
    }
    expect(space.derive(space.defaults())["learning_rate"]).toBe(0.01);
    expect(space.derive(space.defaults())["embedding_mb"]).toBe(8);
  });

  it("needs no constraint of the example", () => {
    const whole = SearchSpace.from(study.space);
    // The last one is the largest.
    for (const configuration of grid.filter((_, k) => k % 97 === 0 || k === grid.length - 1))
      expect(whole.brokenConstraints(scriptConfiguration(study, configuration))).toEqual([]);
  });
});

describe("what the script is given", () => {
  it("is the example's own default for the start", () => {
    expect(scriptConfiguration(study, space.defaults())).toEqual(SearchSpace.from(study.space).defaults());
  });

  it("has a learning rate of four digits, and momentum with sgd alone", () => {
    const given = scriptConfiguration(study, { ...space.defaults(), log10_learning_rate: -1.5, optimizer: "sgd" });
    expect(given).toMatchObject({ learning_rate: 0.03162, optimizer: "sgd", momentum: 0.9 });
    expect(scriptConfiguration(study, space.defaults())).not.toHaveProperty("momentum");
  });

  it("is refused where it is off the example's space", () => {
    expect(() => scriptConfiguration(study, { ...space.defaults(), width: 100_000 })).toThrow(/width/);
    expect(() => scriptConfiguration(study, { width: 8 })).toThrow(/log10_learning_rate/);
  });
});

function pick(parameter: { readonly description?: string; readonly unit?: string } | undefined) {
  return { description: parameter?.description, unit: parameter?.unit };
}

import { describe, expect, it } from "vitest";
import { type Parameter, SearchSpace } from "./index.js";
import { projectConfiguration, sameConfiguration } from "./project-configuration.js";

const lr: Parameter = { kind: "float", name: "lr", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 };
const depth: Parameter = { kind: "int", name: "depth", low: 1, high: 8, scale: "linear", default: 4 };
const act: Parameter = { kind: "categorical", name: "act", choices: ["relu", "gelu"], default: "relu" };
const warmup: Parameter = { kind: "float", name: "warmup", low: 0, high: 0.5, scale: "linear", default: 0 };

function spaceOf(parameters: readonly Parameter[], constraints: readonly string[] = []): SearchSpace {
  return SearchSpace.from({ parameters, constraints, derived: [] });
}

const found = { lr: 0.02, depth: 7, act: "gelu" };

describe("projectConfiguration", () => {
  it("fills in defaults and drops what is gone", () => {
    expect(projectConfiguration(found, spaceOf([lr, act, warmup]))).toEqual({ lr: 0.02, act: "gelu", warmup: 0 });
  });

  it("takes the nearest possible value of a number and the default for an unknown choice", () => {
    const narrower = spaceOf([
      { ...lr, high: 0.01 },
      { ...depth, low: 2, step: 2 },
      { ...act, choices: ["relu", "silu"] },
    ]);
    expect(projectConfiguration({ ...found, depth: 9 }, narrower)).toEqual({ lr: 0.01, depth: 8, act: "relu" });
    // Zero has no place on a log scale, and a text none among numbers.
    expect(projectConfiguration({ lr: 0, depth: "deep" }, narrower)).toEqual({ lr: 1e-5, depth: 4, act: "relu" });
  });

  it("repairs constraints, and leaves out what became inactive", () => {
    const space = spaceOf([depth, act, { ...warmup, when: "act == 'relu'" }], ["depth <= 5"]);
    expect(projectConfiguration({ ...found, warmup: 0.3 }, space)).toEqual({ depth: 5, act: "gelu" });
  });

  it("changes nothing in the same space", () => {
    const space = spaceOf([lr, depth, act]);
    expect(projectConfiguration(found, space)).toEqual(found);
  });
});

describe("sameConfiguration", () => {
  it("adds defaults and drops what is gone", () => {
    expect(sameConfiguration(found, spaceOf([lr, warmup]))).toEqual({ lr: 0.02, warmup: 0 });
    expect(sameConfiguration(found, spaceOf([{ ...lr, low: 1e-7 }]))).toEqual({ lr: 0.02 });
  });

  it("gives nothing where a value that was run is not possible", () => {
    expect(sameConfiguration(found, spaceOf([{ ...lr, high: 0.01 }]))).toBeUndefined();
    expect(sameConfiguration(found, spaceOf([{ ...depth, powersOf: 2 }]))).toBeUndefined();
    expect(sameConfiguration(found, spaceOf([{ ...act, choices: ["relu", "silu"] }]))).toBeUndefined();
    expect(sameConfiguration(found, spaceOf([depth], ["depth <= 5"]))).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import type { Axis } from "./axis.js";
import { activityOf, axisGroups } from "./groups.js";

const axes = ["lr", "momentum", "nesterov", "beta2"].map(
  (name, index): Axis => ({ kind: "continuous", name, index, conditional: index > 0 }),
);
const seen = [
  [0.1, 0.2, 0.3, Number.NaN],
  [0.1, Number.NaN, Number.NaN, 0.5],
].map((row) => activityOf(Float64Array.from(row)));

describe("axisGroups", () => {
  it("takes all axes together, or each alone", () => {
    expect(axisGroups(axes, seen, "joint")).toEqual([[0, 1, 2, 3]]);
    expect(axisGroups(axes, seen, "independent")).toEqual([[0], [1], [2], [3]]);
  });

  it("groups axes that were always active together, unconditional ones in a group of their own", () => {
    expect(axisGroups(axes, seen, "grouped")).toEqual([[0], [1, 2], [3]]);
    expect(axisGroups(axes, [], "grouped")).toEqual([[0], [1, 2, 3]]);
  });
});

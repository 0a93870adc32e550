import { describe, expect, it } from "vitest";
import {
  draftStudy,
  type Improvement,
  improvementSchema,
  improveSpace,
  parseStudyFile,
  renderStudyFile,
} from "./index.js";

const draft = draftStudy("LR = 1e-3\nWIDTH = 64\nHIDDEN = 96\nACT = 'relu'\nx = ACT in ('relu', 'gelu')\n", "train.py");

type Wish = Improvement["parameters"][number];

function improve(...wishes: (Partial<Wish> & { name: string })[]) {
  const parameters = wishes.map((wish) => ({
    description: null,
    unit: null,
    low: null,
    high: null,
    scale: null,
    leave_out: false,
    reason: "",
    ...wish,
  }));
  return improveSpace(draft.space, improvementSchema.parse({ parameters, task: null }));
}

function improved(name: string, result: ReturnType<typeof improve>) {
  const found = result.space.parameters.find(({ parameter }) => parameter.name === name);
  if (found === undefined) throw new Error(`${name} is gone`);
  return found;
}

describe("improveSpace", () => {
  it("takes over descriptions, units and ranges that hold the default, and says so", () => {
    const result = improve({
      name: "LR",
      description: "peak learning rate",
      unit: "1/step",
      low: 1e-4,
      high: 1e-2,
      reason: "AdamW at this size",
    });
    expect(improved("LR", result)).toMatchObject({
      parameter: {
        description: "peak learning rate",
        unit: "1/step",
        low: 1e-4,
        high: 1e-2,
        scale: "log",
        default: 1e-3,
      },
      remarks: ["0.0001 to 0.01 (log) instead of 0.00003 to 0.03 (log): AdamW at this size"],
    });
    expect(result.refused).toEqual([]);
  });

  it.each([
    ["leaves the default out", { name: "LR", low: 0.01 }, "the default 0.001 lies outside 0.01 to 0.03"],
    ["is upside down", { name: "LR", low: 1, high: 1e-9 }, "low 1 is above high"],
    ["has zero on a log scale", { name: "LR", low: 0 }, "log scale has no zero"],
    ["is not whole", { name: "WIDTH", low: 1.5 }, "not a whole number"],
    ["has one value only", { name: "WIDTH", low: 64, high: 64 }, "both 64"],
    ["belongs to a choice", { name: "ACT", low: 1 }, "a categorical parameter has no range"],
  ])("refuses a range that %s and keeps its own", (_name, wish, why) => {
    const result = improve(wish);
    const before = draft.space.parameters.find(({ parameter }) => parameter.name === wish.name);
    expect(improved(wish.name, result).parameter).toEqual(before?.parameter);
    expect(improved(wish.name, result).remarks?.join()).toContain(why);
    expect(result.refused.join()).toContain(wish.name);
  });

  it("moves bounds of a grid to its values", () => {
    expect(improved("HIDDEN", improve({ name: "HIDDEN", low: 10, high: 250 })).parameter).toMatchObject({
      low: 32,
      high: 224,
      step: 32,
      default: 96,
    });
  });

  it("never drops a parameter: advice against one is a remark", () => {
    const result = improve({ name: "ACT", leave_out: true, reason: "hardly matters" });
    expect(result.space.parameters).toHaveLength(draft.space.parameters.length);
    expect(improved("ACT", result).remarks).toEqual(["would not tune this: hardly matters"]);
  });

  it("reports parameters that do not exist", () => {
    const result = improve({ name: "BATCH\nSIZE", low: 1 });
    expect(result.refused).toEqual(['there is no parameter "BATCH SIZE"']);
    expect(result.space).toEqual(draft.space);
  });

  it("shows what the model said in the file", () => {
    const { space } = improve(
      { name: "LR", low: 1e-4, reason: "too low\n  evil: true" },
      { name: "WIDTH", description: "width" },
    );
    const text = renderStudyFile({ ...draft, space, improvedBy: "openai:gpt-5.2" });
    expect(text).toContain("# Lines that start with 'model:' are what openai:gpt-5.2 said.");
    expect(text).toContain("  # model: 0.0001 to 0.03 (log) instead of 0.00003 to 0.03 (log): too low evil: true\n");
    expect(parseStudyFile(text, { path: "f" }).space.parameters).toEqual(
      space.parameters.map(({ parameter }) => parameter),
    );
  });
});

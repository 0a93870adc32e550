import { describe, expect, it } from "vitest";
import { codeSettingsFor } from "../code/settings.js";
import { fileDefinition, settingsOf } from "./file-definition.js";
import { type Overrides, overridesSchema } from "./overrides.js";

const text = `
version: 1
study: toy
command: python train.py
parameters:
  lr: { type: float, low: 1e-4, high: 1, scale: log, default: 0.01 }
objective:
  metric: loss
  direction: minimize
budget: { trials: 50, time: 1h, cost: 2 }
seed: 3
`;
const defined = (overrides: Overrides) => fileDefinition({ path: "/project/agent-tune.yaml", text, overrides });
const file = defined({});

describe("what is said on the command line", () => {
  it.each<[Overrides, object]>([
    [{ trials: 7 }, { budget: { ...file.budget, trials: 7 } }],
    [{ time: 90 }, { budget: { ...file.budget, seconds: 90 } }],
    [{ cost: 0 }, { budget: { ...file.budget, cost: 0 } }],
    [{ tokens: 1000 }, { budget: { ...file.budget, tokens: 1000 } }],
    [{ seed: 0 }, { seed: 0 }],
    [{ parallel: 4 }, { parallel: 4 }],
    [{ optimizer: "random" }, { optimizer: "random" }],
    [{ warmStart: "first" }, { warmStart: "first" }],
    [{ model: "none" }, { advisor: { ...file.advisor, model: "none" } }],
    [{ baseUrl: "http://localhost:1" }, { advisor: { ...file.advisor, baseUrl: "http://localhost:1" } }],
    [{ share: 0 }, { advisor: { ...file.advisor, share: 0 } }],
    [{ review: "generation" }, { advisor: { ...file.advisor, review: "generation" } }],
    [{ edit: ["train.py"] }, { code: codeSettingsFor(["train.py"]) }],
    [{ edit: ["a.py"], sandbox: "off" }, { code: { ...codeSettingsFor(["a.py"]), sandbox: "off" } }],
    [
      { edit: ["a.py"], sandbox: "container:x" },
      { code: { ...codeSettingsFor(["a.py"]), sandbox: { container: "x" } } },
    ],
    // Nothing is confined where nothing is edited.
    [{ sandbox: "require" }, {}],
  ])("replaces what the file says, and nothing else: %o", (overrides, changed) => {
    expect(defined(overrides)).toEqual({ ...file, ...changed });
  });

  it("is every kind of override", () => {
    const tested = [
      "trials",
      "time",
      "cost",
      "tokens",
      "seed",
      "parallel",
      "optimizer",
      "warmStart",
      "model",
      "baseUrl",
      "share",
      "review",
      "edit",
      "sandbox",
    ];
    expect(Object.keys(overridesSchema.shape)).toEqual(tested);
  });

  it("reaches the study's settings", () => {
    expect(
      settingsOf(defined({ trials: 7, time: 90, seed: 0, share: 0.5, optimizer: "random", warmStart: "a" })),
    ).toMatchObject({
      name: "toy",
      budget: { trials: 7, seconds: 90, cost: 2 },
      seed: 0,
      share: 0.5,
      optimizer: "random",
      warmStart: "a",
    });
  });

  it.each([{ trials: 0 }, { trials: 2.5 }, { time: -1 }, { share: 1.1 }, { seed: -1 }, { colour: "red" }])(
    "is checked when it is read back: %o",
    (wrong) => {
      expect(overridesSchema.safeParse(wrong).success).toBe(false);
    },
  );
});

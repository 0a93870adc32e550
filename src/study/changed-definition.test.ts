import { describe, expect, it } from "vitest";
import { changeableSettings, changedDefinition } from "./changed-definition.js";
import { fileDefinition, settingsOf } from "./file-definition.js";
import { type Overrides, overridesSchema } from "./overrides.js";
import type { StoredDefinition } from "./stored-definition.js";

const text = `
version: 1
study: toy
command: python train.py
parameters:
  lr: { type: float, low: 1e-4, high: 1, scale: log, default: 0.01 }
objective: { metric: loss, direction: minimize }
budget: { trials: 50, cost: 2 }
advisor: { model: "compatible:llama", base_url: "http://localhost:1/v1" }
seed: 3
`;
function stored(overrides: Overrides = {}): Extract<StoredDefinition, { from: "file" }> {
  const source = { path: "/project/agent-tune.yaml", text, overrides };
  return { from: "file", ...source, settings: settingsOf(fileDefinition(source)) };
}

describe("a study that is resumed with other settings", () => {
  it.each<[Overrides, object]>([
    [{ trials: 80 }, { setting: "trials", from: 50, to: 80 }],
    [{ time: 60 }, { setting: "time", from: null, to: 60 }],
    [{ cost: 5 }, { setting: "cost", from: 2, to: 5 }],
    [{ tokens: 100 }, { setting: "tokens", from: null, to: 100 }],
    [{ parallel: 2 }, { setting: "parallel", from: "auto", to: 2 }],
    [{ model: "none" }, { setting: "model", from: "compatible:llama", to: "none" }],
    [{ baseUrl: "http://b" }, { setting: "baseUrl", from: "http://localhost:1/v1", to: "http://b" }],
  ])("says what has changed, and is stored with it: %o", (said, change) => {
    const changed = changedDefinition(stored(), said);
    expect(changed?.changes).toEqual([change]);
    expect(changed?.definition.overrides).toEqual(said);
    // What follows from file and overrides together is what is stored.
    expect(changed?.definition.settings).toEqual(stored(said).settings);
  });

  it("has an example above of all that may change", () => {
    expect(changeableSettings).toHaveLength(7);
  });

  it("keeps what was said before", () => {
    const changed = changedDefinition(stored({ trials: 60, share: 0.5, model: "rules" }), { time: 60 });
    expect(changed?.definition.overrides).toEqual({ trials: 60, share: 0.5, model: "rules", time: 60 });
  });

  it("is not changed by what holds already", () => {
    expect(changedDefinition(stored({ trials: 60 }), { trials: 60, cost: 2, seed: 3, share: "adaptive" })).toBe(
      undefined,
    );
    expect(changedDefinition(stored(), {})).toBe(undefined);
  });

  it("leaves an address that belonged to the model before, unless the file gives it", () => {
    const before = stored({ model: "compatible:llama", baseUrl: "http://typo" });
    expect(changedDefinition(before, { model: "openai:gpt-x" })?.changes).toEqual([
      { setting: "model", from: "compatible:llama", to: "openai:gpt-x" },
      { setting: "baseUrl", from: "http://typo", to: "http://localhost:1/v1" },
    ]);
    expect(changedDefinition(before, { trials: 60 })?.definition.overrides).toMatchObject({ baseUrl: "http://typo" });
  });

  it.each<[Overrides, string]>([
    [{ seed: 4 }, "--seed 3; with 4"],
    [{ optimizer: "random" }, "--optimizer cma-es; with random"],
    [{ warmStart: "first" }, "no --warm-start; with first"],
    [{ share: 0.5 }, "--share adaptive; with 0.5"],
    [{ review: "generation" }, "--review trial; with generation"],
    [{ edit: ["train.py"] }, "no --edit; with train.py"],
    [{ sandbox: "off" }, "no --sandbox; with off"],
  ])("is refused where it would be another study: %o", (said, message) => {
    expect(() => changedDefinition(stored(), { trials: 80, ...said })).toThrow(
      expect.objectContaining({ code: "study_changed", message: expect.stringContaining(message) }),
    );
  });

  it("has every override either changed or refused", () => {
    const settled = [...changeableSettings, "seed", "optimizer", "warmStart", "share", "review", "edit", "sandbox"];
    expect(Object.keys(overridesSchema.shape).sort()).toEqual(settled.sort());
  });
});

import { describe, expect, it } from "vitest";
import type { StudyRecord } from "../store/index.js";
import { fileDefinition, settingsOf } from "./file-definition.js";
import { definitionHash, type StoredDefinition, storedDefinition, storedSettings } from "./stored-definition.js";

const text = `
version: 1
study: toy
task: Train it.
command: python train.py
limits: { time: 30s, memory: 1GiB }
parameters:
  lr: { type: float, low: 1e-4, high: 1, scale: log, default: 0.01 }
objective: { metric: loss, direction: minimize, target: 0.5, constraints: [latency <= 20] }
budget: { trials: 50 }
`;
const source = { path: "/project/agent-tune.yaml", text, overrides: { trials: 7 } };
const settings = settingsOf(fileDefinition(source));
const fromFile: StoredDefinition = { from: "file", ...source, settings };

const record = (definition: unknown): StudyRecord => ({
  id: "s1",
  name: "toy",
  createdAt: 1,
  seed: 1,
  definition,
  definitionHash: "",
  status: "open",
});

describe("a stored definition", () => {
  it.each<StoredDefinition>([
    fromFile,
    { from: "program", settings },
    { from: "client", settings, search: { start: 1 } },
  ])("comes back from JSON as it was: from a $from", (definition) => {
    const read = record(JSON.parse(JSON.stringify(definition)));
    expect(storedDefinition(read)).toEqual(definition);
    expect(storedSettings(read)).toEqual(settings);
    expect(storedSettings(read)).toMatchObject({
      task: "Train it.",
      objective: { target: 0.5, constraints: ["latency <= 20"] },
      limits: { seconds: 30, memoryBytes: 2 ** 30 },
      budget: { trials: 7 },
    });
  });

  it("has a hash that changes with anything in it", () => {
    expect(definitionHash(fromFile)).toMatch(/^[0-9a-f]{16}$/);
    expect(definitionHash({ ...fromFile })).toBe(definitionHash(fromFile));
    expect(definitionHash({ ...fromFile, text: `${text}# more\n` })).not.toBe(definitionHash(fromFile));
    expect(definitionHash({ ...fromFile, overrides: {} })).not.toBe(definitionHash(fromFile));
  });

  it("that cannot be read is named with its study", () => {
    for (const damaged of [null, {}, { from: "file", path: "x" }, { from: "program", settings: { name: "" } }]) {
      expect(() => storedDefinition(record(damaged))).toThrow(
        expect.objectContaining({
          code: "state_invalid",
          where: "study s1",
          message: expect.stringContaining("study toy"),
          remedy: expect.stringContaining("doctor"),
        }),
      );
    }
  });
});

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { trialSettingsSchema } from "./settings.js";

const least = { command: "python train.py", objective: { metric: "val_bpb", direction: "minimize" } } as const;

/** Path and message of everything that is wrong. */
function problems(given: object): string[] {
  const { error } = trialSettingsSchema.safeParse({ ...least, ...given });
  return (error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("trial settings", () => {
  test("need a command and an objective; everything else has a default", () => {
    expect(trialSettingsSchema.parse(least)).toEqual({
      command: "python train.py",
      shell: false,
      cwd: ".",
      env: {},
      env_pass: [],
      pass: {},
      metrics: { from: "lines", step: ["step", "epoch", "iter", "iteration", "round"] },
      objective: { metric: "val_bpb", direction: "minimize", pick: "last" },
      limits: { output: 64e6, grace: 5 },
      gpus: { ids: "auto", per_trial: 1 },
    });
  });

  test("times are seconds and sizes are bytes", () => {
    const { limits } = trialSettingsSchema.parse({ ...least, limits: { time: "5m", memory: "2GiB", grace: "500ms" } });
    expect(limits).toEqual({ time: 300, memory: 2147483648, output: 64e6, grace: 0.5 });
  });

  test.each<[object, RegExp]>([
    [{ comand: "x" }, /Unrecognized key: "comand"/],
    [{ command: "" }, /^command: /],
    [{ command: [] }, /^command: /],
    [{ limits: { time: 300 } }, /^limits\.time: 300 has no unit/],
    [{ limits: { memory: "2" } }, /^limits\.memory: 2 has no unit/],
    [{ limits: { tiem: "5m" } }, /^limits: Unrecognized key: "tiem"/],
    [{ pass: { parameters: "constants" } }, /^pass\.parameters: .*\{to: constants, source: train\.py\}/],
    [{ pass: { seed: "yes" } }, /^pass\.seed: Write template, none/],
    [{ pass: { seed: { argument: "seed" } } }, /^pass\.seed/],
    [{ pass: { parameters: "file", seed: { constant: "SEED" } } }, /^pass\.seed: A constant can take the seed only/],
    [{ pass: { seed: { key: "seed" } } }, /^pass\.seed: A key can take the seed only/],
    [{ pass: { parameters: { to: "file", path: "../up.json" } } }, /may not leave it/],
    [{ metrics: { from: "lines", pattern: "(" } }, /^metrics\.pattern: Not a regular expression/],
    [{ metrics: { from: "lines", pattern: "loss (.*)" } }, /^metrics\.pattern: .*\(\?<value>/],
    [{ metrics: { from: "lines", pattern: "(?<value>.)(?<name>.)" } }, /has the group name; known are/],
    [{ metrics: { from: "file", path: "/etc/passwd" } }, /relative to the trial's folder/],
    [{ objective: { metric: "loss", direction: "min" } }, /^objective\.direction/],
    [{ gpus: { ids: [] } }, /^gpus\.ids/],
    [{ gpus: { per_trial: 0 } }, /^gpus\.per_trial/],
    [{ env: { "A-B": "1" } }, /^env\.A-B/],
    [{ env: { A: 1 } }, /^env\.A: .*put quotes around/],
    [{ env: { OPENAI_API_KEY: "sk-1" } }, /Keys of model providers never reach a trial/],
    [{ env_pass: ["ANTHROPIC_API_KEY"] }, /^env_pass\.0: Keys of model providers never reach a trial/],
  ])("%j is refused: %s", (given, message) => {
    expect(problems(given).join("\n")).toMatch(message);
  });

  test("are published as a JSON schema in which everything a person writes is described", () => {
    const schema = z.toJSONSchema(trialSettingsSchema, { io: "input" });
    const undescribed = Object.entries(schema.properties ?? {}).filter(
      ([, property]) => typeof property === "object" && property.description === undefined,
    );
    expect(undescribed.map(([key]) => key)).toEqual([]);
    expect(schema.required).toEqual(["command", "objective"]);
    expect(JSON.stringify(schema)).toContain('"examples":["90s","5m","1h30m"]');
  });
});

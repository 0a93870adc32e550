import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { definitionFromFields, SearchSpace } from "../../../src/space/index.js";
import { runJob } from "../../protocol/run.js";
import type { Task } from "../../tasks/index.js";
import { ownTasks } from "../../tasks/own/index.js";
import { checkOptuna, optunaMethod, pythonVariable } from "./optuna-method.js";
import { optunaTranslation } from "./optuna-parameter.js";

const folder = mkdtempSync(join(tmpdir(), "agent-tune-optuna-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ownTask(name: string): Task {
  const entry = ownTasks.find((each) => each.name === `own/${name}`);
  if (!entry) throw new Error(`no ${name}`);
  return entry.load();
}

describe("parameters for Optuna", () => {
  const space = SearchSpace.from(
    definitionFromFields({
      parameters: {
        rate: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
        drop: { type: "float", low: 0, high: 0.55, step: 0.1, default: 0.2 },
        width: { type: "int", low: 24, high: 600, powers_of: 2, default: 64 },
        depth: { type: "int", low: 1, high: 12, step: 3, default: 4 },
        bias: { type: "boolean", default: true },
        kind: { type: "categorical", choices: ["a", 2], default: "a" },
      },
    }),
  );
  const translations = space.parameters.map(optunaTranslation);

  it("keep scale and step, and powers become exponents", () => {
    expect(translations.map(({ parameter }) => parameter)).toEqual([
      { name: "rate", kind: "float", low: 1e-5, high: 1, log: true },
      { name: "drop", kind: "float", low: 0, high: 0.5, log: false, step: 0.1 },
      { name: "width", kind: "int", low: 5, high: 9, log: false },
      { name: "depth", kind: "int", low: 1, high: 10, log: false, step: 3 },
      { name: "bias", kind: "categorical", choices: [false, true] },
      { name: "kind", kind: "categorical", choices: ["a", 2] },
    ]);
  });

  it("come back as they went", () => {
    const defaults = space.defaults();
    for (const { parameter, toOptuna, fromOptuna } of translations) {
      const value = defaults[parameter.name] ?? "";
      expect(fromOptuna(toOptuna(value))).toBe(value);
    }
    expect(translations[2]?.toOptuna(64)).toBe(6);
  });
});

describe("Optuna", () => {
  const python = process.env[pythonVariable];

  it("is skipped by name where no Python is named", () => {
    const { available, skipped } = checkOptuna({});
    expect(available).toEqual([]);
    expect(skipped).toContainEqual({
      name: "optuna-tpe",
      reason: "AGENT_TUNE_PYTHON names no Python with Optuna",
    });
  });

  it("is skipped with a reason where the Python that is named cannot run it", () => {
    const { skipped } = checkOptuna({ [pythonVariable]: join(folder, "no-python") });
    expect(skipped[0]?.reason).toMatch(/no-python cannot run it: .*ENOENT/);
  });

  it.skipIf(!python)(
    "tunes a conditional and a constrained space from the same start",
    { timeout: 60_000 },
    async () => {
      const method = optunaMethod("optuna-tpe", python ?? "");
      let improvements = 0;
      try {
        for (const name of ["optimizer-choice", "divisible", "memory-border"]) {
          const task = ownTask(name);
          const job = { task: task.name, method: method.name, seed: 1, trials: 25 };
          const run = await runJob(job, task, method);
          expect(run.incumbents[0]).toMatchObject({ trial: 0, value: task.trueValue(task.start), origin: "default" });
          improvements += run.incumbents.length - 1;
          expect((await runJob(job, task, method)).incumbents).toEqual(run.incumbents);
        }
        expect(improvements).toBeGreaterThanOrEqual(3);
      } finally {
        method.close();
      }
    },
  );
});

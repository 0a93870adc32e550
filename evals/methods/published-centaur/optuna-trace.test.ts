import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Advisor } from "../../../src/centaur/advisor.js";
import { type Configuration, definitionFromFields, SearchSpace } from "../../../src/space/index.js";
import type { Benchmark, Observation } from "../../tasks/index.js";
import { PublishedSession } from "./session.js";
import { readSwitches } from "./switches.js";

/** What `optuna_trace.py` recorded; its versions stand in the file. */
const values = z.record(z.string(), z.union([z.number(), z.string()]));
const trace = z
  .object({
    versions: z.record(z.string(), z.string()),
    defaults: values,
    trials: z.array(z.object({ asked: values, samples: z.number(), advice: values.optional(), value: z.number() })),
    states: z.array(z.object({ mean: z.array(z.number()), sigma: z.number(), C: z.array(z.array(z.number())) })),
    normals: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(new URL("fixtures/optuna-trace.json", import.meta.url), "utf8")));

const space = SearchSpace.from(
  definitionFromFields({
    parameters: {
      a_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
      b_drop: { type: "float", low: 0, high: 0.6, default: 0.1 },
      c_layers: { type: "int", low: 1, high: 12, default: 4 },
      d_batch: { type: "int", low: 8, high: 1024, scale: "log", default: 64 },
      e_kernel: { type: "int", low: 1, high: 15, step: 2, default: 5 },
      f_grid: { type: "float", low: 0, high: 1, step: 0.25, default: 0.5 },
      // A power of two is what runs; what CMA-ES samples and learns is any whole number.
      g_width: { type: "int", low: 32, high: 1024, powers_of: 2, default: 128 },
      h_kind: { type: "categorical", choices: ["x", "y", "z"], default: "x" },
    },
  }),
);

const task: Benchmark = {
  name: "trace",
  space,
  start: space.defaults(),
  trials: trace.trials.length + 1,
  evaluate: () => observed(0),
  trueValue: () => 0,
  known: { best: 0, bestOf25: 1 },
  card: { text: "a trace", metric: "value", limits: {} },
};

function observed(value: number): Observation {
  return { evaluation: value === 100 ? { kind: "failure", severity: 1 } : { kind: "value", value }, measured: {} };
}

const nearestPower = (value: number): number =>
  [32, 64, 128, 256, 512, 1024].reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));

/** Runs the trace; what was asked, shown and drawn, and the largest deviation of the states. */
async function replay(choice: string) {
  let used = 0;
  const shown: (Configuration | undefined)[] = [];
  const advisor: Advisor = {
    kind: "stand-in",
    name: "recorded advice",
    async advise({ turn, candidates, review }) {
      shown[turn] = candidates[0];
      const recorded = trace.trials[turn - 1]?.advice;
      return review({ decisions: [{ candidate: 1, action: "propose", values: recorded, reason: "recorded" }] });
    },
  };
  const session = new PublishedSession({
    context: { task, seed: 1, runSeed: 1, trials: task.trials, workers: 1 },
    switches: readSwitches(choice),
    advisor: { advisor, close: () => {} },
    share: 0.3,
    normal: () => trace.normals[used++] ?? 0,
  });
  await session.begin(task.start, observed(1));
  const asked: { configuration: Configuration; origin: string; samples: number }[] = [];
  const deviations: number[] = [];
  for (const { value } of trace.trials) {
    const before = { used, generation: session.cmaEs.generation };
    const proposed = await session.ask();
    asked.push({ ...proposed, samples: (used - before.used) / 7 });
    const { generation, distribution } = session.cmaEs;
    if (generation > before.generation) {
      const state = trace.states[generation - 1];
      const { mean, stepSize, covariance } = distribution.gaussian ?? { mean: [], stepSize: 0, covariance: [] };
      deviations.push(
        Math.max(
          largest(mean, state?.mean ?? []),
          largest([stepSize], [state?.sigma ?? Number.NaN]),
          largest(covariance, state?.C.flat() ?? []),
        ),
      );
    }
    await session.tell(proposed, observed(value));
  }
  return { asked, shown, deviations, used };
}

function largest(ours: ArrayLike<number>, theirs: readonly number[]): number {
  const scale = Math.max(...theirs.map(Math.abs));
  return Math.max(...theirs.map((value, k) => Math.abs((ours[k] ?? Number.NaN) - value) / scale));
}

describe(`the published loop on Optuna ${trace.versions["optuna"]} with cmaes ${trace.versions["cmaes"]}`, async () => {
  const { asked, shown, deviations, used } = await replay("published-centaur");

  it("redraws and clips, so that the trace has what it is there to show", () => {
    expect(trace.trials.filter(({ samples }) => samples > 1).length).toBeGreaterThan(8);
    expect(trace.trials.filter(({ samples }) => samples === 71)).toHaveLength(1);
    expect(trace.trials.filter(({ value }) => value === 100).length).toBeGreaterThan(8);
    expect(trace.states).toHaveLength(8);
  });

  it("has the same mean, step size and covariance after each generation", () => {
    expect(deviations).toHaveLength(trace.states.length);
    expect(Math.max(...deviations)).toBeLessThan(1e-9);
  });

  it("asks for the same values with as many redraws, powers snapped", () => {
    trace.trials.forEach((trial, k) => {
      expect(asked[k]?.samples, `trial ${k + 1}`).toBe(trial.samples);
      const pending = trial.advice === undefined ? asked[k]?.configuration : shown[k + 1];
      for (const [name, value] of Object.entries(trial.asked)) {
        const expected = name === "g_width" ? nearestPower(Number(value)) : Number(value);
        const difference = Math.abs(Number(pending?.[name]) - expected) / Math.max(Math.abs(expected), 1e-12);
        expect(difference, `${name} of trial ${k + 1}`).toBeLessThan(1e-9);
      }
    });
    expect(used).toBe(trace.normals.length);
  });

  it("runs the advice in the same trials", () => {
    trace.trials.forEach(({ advice }, k) => {
      expect(asked[k]?.origin).toBe(advice === undefined ? "cma-es" : "stand-in");
      if (advice === undefined) return;
      expect(asked[k]?.configuration).toEqual({ ...advice, g_width: nearestPower(Number(advice["g_width"])) });
    });
  });

  it.each([
    "start=default",
    "tellDefault=true",
    "encoding=told",
    "integers=margin",
    "failures=ranked",
    "injection=clipped",
    "first=1",
  ])("is left by %s", async (repair) => {
    const { deviations: apart } = await replay(`published-centaur:${repair}`);
    expect(Math.max(...apart)).toBeGreaterThan(1e-3);
  });
});

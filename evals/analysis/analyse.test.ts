import { describe, expect, it } from "vitest";
import type { Run } from "../protocol/run.js";
import { analyse } from "./analyse.js";
import { analysisSchema } from "./analysis.js";
import { tooFewTasks } from "./sentence.js";
import { type SimulatedMethod, simulatedRuns, simulatedTasks } from "./testing/simulated-runs.js";

const tasks = Array.from({ length: 12 }, (_, k) => ({ task: `t${k}`, trials: 60, known: { best: 0, bestOf25: 1 } }));
const methods = ["good", "poor", "random"];
/** Good is better by half everywhere at the end, and equal at 25 trials. */
const runs = tasks.flatMap(({ task }, t) =>
  methods.flatMap((method, m) =>
    [1, 2].map(
      (seed): Run => ({
        task,
        method,
        seed,
        trials: 60,
        incumbents: [
          { trial: 0, time: 1, value: 2, origin: "default" },
          { trial: 40, time: 41, value: (m + 1) * 0.1 * (1 + 0.01 * t) + 0.001 * seed, origin: method },
        ],
        done: { trials: 60, time: 60 },
        origins: {
          default: { trials: 1, failures: 0, incumbents: 1 },
          [method]: { trials: 59, failures: m, incumbents: 1 },
        },
        trace: [],
        overhead: { median: m, p95: 2 * m, total: 60 * m },
      }),
    ),
  ),
);
const options = { tasks, methods, checkpoints: [25], reference: "good", resamples: 200 };
const analysis = analyse(runs, options);

describe("an analysis", () => {
  it("ranks methods, with ties where they are equal", () => {
    const [early, end] = analysis.stands;
    expect(early?.methods.map(({ meanRank }) => meanRank)).toEqual([2, 2, 2]);
    expect(end?.methods.map(({ meanRank }) => meanRank)).toEqual([1, 2, 3]);
    expect(early?.friedman?.p).toBe(1);
    expect(early?.friedman?.indistinguishable).toEqual([methods]);
    expect(end?.friedman?.p).toBeLessThan(1e-4);
    expect(end?.friedman?.indistinguishable).toEqual([]);
    expect(analysis.overall).toBe("the methods differ (Friedman test, p < 0.0001, 3 methods on 12 tasks)");
  });

  it("tests the reference against each other method, adjusted for all", () => {
    const [poor] = analysis.duels;
    expect(poor).toMatchObject({ a: "good", b: "poor", wins: 12, losses: 0, ties: 0, family: 2, verdict: "better" });
    expect(poor?.p).toBeCloseTo(2 / 2 ** 12, 12);
    expect(poor?.adjusted).toBeCloseTo(4 / 2 ** 12, 12);
    expect(poor?.difference.mean).toBeCloseTo(-0.1055, 9);
  });

  it("corrects planned pairs as a family of their own, whichever way round they are", () => {
    const planned = analyse(runs, { ...options, contrasts: [["random", "good"]] });
    expect(planned.contrasts).toMatchObject([{ a: "random", b: "good", losses: 12, family: 1, verdict: "worse" }]);
    expect(planned.contrasts[0]?.adjusted).toBe(planned.contrasts[0]?.p);
    expect(planned.contrasts[0]?.sentence).toBe(
      "good beats random on 12 of 12 tasks, p = 0.0005, median 1.06 times fewer trials (95 % 1.06 to 1.06)",
    );
    expect(planned.duels).toHaveLength(2);
  });

  it("says how soon random search's end is reached", () => {
    expect(analysis.efforts.map(({ toRandom }) => toRandom)).toEqual([
      { share: 1, reached: 12 },
      { share: 1, reached: 12 },
      { share: 1, reached: 12 },
    ]);
    const never = analyse(
      runs.map((run) => (run.method === "poor" ? { ...run, incumbents: run.incumbents.slice(0, 1) } : run)),
      options,
    );
    expect(never.efforts[1]?.toRandom).toEqual({ share: null, reached: 0 });
  });

  it("follows regret over shares of the budget", () => {
    const [good] = analysis.curves.trials ?? [];
    // 60 trials at 40 points: the change at the 41st is there from the 27th point on.
    expect(good?.regrets.slice(0, 26)).toEqual(Array.from({ length: 26 }, () => 2));
    expect(good?.regrets.slice(26).every((regret) => regret < 0.12)).toBe(true);
    expect(good?.low?.[0]).toBe(2);
    expect(analysis.curves.time).toBeNull();
    // 40 trials of regret 2, 20 of about 0.1.
    expect(analysis.areas[0]?.trials?.regret).toBeCloseTo((40 * 2 + 20 * 0.107) / 60, 3);
  });

  it("notices a best known value that was beaten", () => {
    expect(analysis.beaten).toEqual([]);
    const optimistic = tasks.map((task) => ({ ...task, known: { best: 0.15, bestOf25: 1 } }));
    const { beaten } = analyse(runs, { ...options, tasks: optimistic });
    expect(beaten).toHaveLength(12);
    expect(beaten[0]).toEqual({ task: "t0", value: 0.101, best: 0.15 });
  });

  it("of a single method has nothing to test", () => {
    const single = analyse(runs, { ...options, methods: ["good"] });
    expect(single).toMatchObject({ overall: null, duels: [], contrasts: [] });
    expect(single.stands[0]?.friedman).toBeNull();
  });

  it("of a single task tests nothing, and says so", () => {
    const single = analyse(runs, { ...options, tasks: tasks.slice(0, 1) });
    expect(single.overall).toBeNull();
    expect(single.duels[0]?.verdict).toBe("too few");
    expect(single.duels[0]?.sentence).toMatch(
      /^no difference between good and poor could be shown \(good better on 1 of 1; median /,
    );
    expect(tooFewTasks(single.duels)).toBe("1 task is too few for 2 contrasts, whatever the runs show");
    expect(tooFewTasks(analysis.duels)).toBeUndefined();
    expect(single.duels[0]?.detectable).toEqual({ regret: null, ratio: null });
  });

  it("needs every method on every task", () => {
    expect(() => analyse(runs.slice(2), options)).toThrow("There is no run of good on t0.");
    expect(() => analyse(runs, { ...options, contrasts: [["good", "none"]] })).toThrow(RangeError);
  });

  it("can be kept as JSON and read again, whatever a method is named", () => {
    const odd = runs.map((run) => ({ ...run, method: run.method === "poor" ? "__proto__" : run.method }));
    const kept = analyse(odd, { ...options, methods: ["good", "__proto__", "random"] });
    expect(analysisSchema.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(() => analysisSchema.parse({ ...kept, version: 0 })).toThrow();
  });
});

describe("who found what", () => {
  const hybrid: SimulatedMethod = {
    method: "cma-es+rules",
    draws: 1,
    origins: ["rules", "cma-es"],
    failing: 0.2,
    usd: 0.01,
  };
  const few = simulatedTasks(4, 31);

  it("is counted by origin: trials, failures, improvements and what would be returned", () => {
    const [effort] = analyse(simulatedRuns(few, [hybrid], { seeds: 5 }), {
      ...options,
      tasks: few,
      methods: [hybrid.method],
    }).efforts;
    const origins = effort?.origins ?? [];
    expect(origins.map(({ origin, trials }) => [origin, trials])).toEqual([
      ["default", 20],
      ["cma-es", 400],
      ["rules", 200],
    ]);
    expect(origins.reduce((sum, { finals }) => sum + finals, 0)).toBe(20);
    expect(origins[0]).toMatchObject({ improvements: 0, failures: 0 });
    expect((effort?.failures ?? 0) / 600).toBeCloseTo(0.2, 1);
  });

  it("costs tokens, time and money, which is unknown as soon as one price is", () => {
    const of = (usd: number | null) =>
      analyse(
        [
          ...simulatedRuns(few.slice(0, 1), [{ ...hybrid, usd }], { seeds: 2 }),
          ...simulatedRuns(few, [hybrid], { seeds: 2 }),
        ],
        { ...options, tasks: few, methods: [hybrid.method] },
      ).efforts[0]?.usage;
    expect(of(0.01)).toMatchObject({ calls: 100, inputTokens: 400_000, seconds: 500 });
    expect(of(0.01)?.usd).toBeCloseTo(1, 9);
    expect(of(null)).toMatchObject({ calls: 100, usd: null });
  });
});

describe("simulated time", () => {
  const few = simulatedTasks(8, 40);
  const slow = { method: "slow", draws: 2, cost: 4 };
  const fast = { method: "fast", draws: 2, cost: 1 };

  it("tells methods apart that trials do not", () => {
    const { contrasts, areas, curves } = analyse(simulatedRuns(few, [slow, fast], { seeds: 6 }), {
      ...options,
      tasks: few,
      methods: ["slow", "fast"],
      contrasts: [["fast", "slow"]],
    });
    const [contrast] = contrasts;
    expect(contrast?.verdict).toBe("not shown");
    expect(contrast?.speedUp.unit).toBe("trials");
    expect(contrast?.timeSpeedUp?.median).toBeGreaterThan(2);
    expect(contrast?.timeSpeedUp?.interval?.low).toBeGreaterThan(1.3);
    expect(areas[0]?.time?.regret).toBeGreaterThan(areas[1]?.time?.regret ?? Number.POSITIVE_INFINITY);
    expect(curves.time).toHaveLength(2);
  });

  it("is what is compared where it was the budget", () => {
    const timed = simulatedRuns(few, [slow, fast], { seeds: 3 }).map((run) => {
      const kept = run.incumbents.filter(({ time }) => time <= 40);
      return { ...run, incumbents: kept, time: 40, done: { trials: 40, time: Math.min(40, run.done.time) } };
    });
    const { budget, contrasts, curves, areas } = analyse(timed, {
      ...options,
      tasks: few,
      methods: ["slow", "fast"],
      contrasts: [["fast", "slow"]],
    });
    expect(budget).toBe("time");
    expect(curves.trials).toBeNull();
    expect(areas[0]?.trials).toBeNull();
    expect(contrasts[0]).toMatchObject({ verdict: "better", speedUp: { unit: "time" }, timeSpeedUp: null });
    expect(contrasts[0]?.sentence).toMatch(/times less time/);
  });
});

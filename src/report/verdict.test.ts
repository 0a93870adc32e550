import { describe, expect, test } from "vitest";
import { SearchSpace } from "../space/search-space.js";
import type { Summary } from "../study/summary.js";
import { costText } from "./cost-text.js";
import { valleySettings } from "./testing/small-study.js";
import { textSummary } from "./text-summary.js";
import { verdictOf, warningsOf } from "./verdict.js";

const space = SearchSpace.from(valleySettings.space);

function measured(trial: number, values: readonly number[], changes = {}): NonNullable<Summary["best"]> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    trial,
    origin: trial === 0 ? "default" : "llm",
    configuration: { ...space.defaults(), ...changes },
    estimate: { mean, deviation: 0.002, runs: 2 },
    fresh: { values: [...values], mean, deviation: 0.004, seeds: values.map((_, k) => k), failed: 0 },
  };
}

const better: Summary = {
  schema: "agent-tune/summary/1",
  study: {
    id: "s1",
    name: "valley",
    status: "finished",
    stop: { reason: "trials_used", detail: "all 40 trials of the budget are used" },
    seed: 7,
  },
  objective: { metric: "loss", direction: "minimize" },
  optimizer: "cma-es",
  advisor: "openai:gpt-x",
  default: measured(0, [2.51, 2.5, 2.49]),
  best: measured(17, [2.01, 2, 1.99], { lr: 0.01, activation: "relu" }),
  gain: { absolute: 0.5, relative: 0.2, interval: [0.48, 0.52], significant: true },
  noise: { deviation: 0.004, degreesOfFreedom: 4 },
  trials: { total: 46, complete: 43, pruned: 0, failed: 3, unfinished: 0, search: 37, replicate: 3, gate: 0, final: 6 },
  failures: {
    out_of_memory: 2,
    timeout: 0,
    diverged: 1,
    crashed: 0,
    metric_missing: 0,
    invalid_configuration: 0,
    tampered: 0,
    cancelled: 0,
    lost: 0,
  },
  proposals: {
    default: { trials: 1, failed: 0, improved: 0, fallbacks: 0 },
    "cma-es": { trials: 24, failed: 3, improved: 2, fallbacks: 1 },
    llm: { trials: 12, failed: 0, improved: 4, fallbacks: 0 },
  },
  code: null,
  advice: { "openai:gpt-x": { turns: 13, failed: 1, failures: { deadline: 1 } } },
  cost: { calls: 13, tokens: 34200, usd: 0.412, unsettled: 0 },
  seconds: 492,
  report: "/proj/.agent-tune/studies/s1/report.md",
};

test("the summary of a good study fits 80 columns and starts with the answer", () => {
  const text = textSummary(better, space);
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(`\n${text}\n`).toMatchInlineSnapshot(`
    "
    valley: loss 2.5000 → 2.0000, 20.0 % better, beyond the noise (95 % interval of
    the gain 0.4800 to 0.5200 on 3 fresh seeds each).

      default  2.5000 ± 0.0040 on 3 fresh seeds, trial 0
      best     2.0000 ± 0.0040 on 3 fresh seeds, trial 17 by llm

    Changed (2 of 3 parameters; the other one stays as in the default)
      lr          0.001  →  0.01 1/step
      activation   tanh  →  relu

    Proposed by  trials  failed  became the best  instead of the advisor
    llm              12       0                4                       0
    cma-es           24       3                2                       1
    default           1       0                -                       0
    and 3 repeats of known configurations on new seeds

    Failures  3 of 46 trials: out_of_memory 2, diverged 1
    Noise     0.004 between seeds (standard deviation, from 4 repeats)
    Cost      13 calls, 34,200 tokens, $0.41
    Time      8m 12s for 40 trials of the search and 6 final runs
    Stopped   all 40 trials of the budget are used

    Warning   The advisor openai:gpt-x gave no answer in 1 of 13 turns: deadline.
              The optimizer's proposals ran instead.

    Report    /proj/.agent-tune/studies/s1/report.md
    Next      agent-tune best prints the configuration
              agent-tune show 17 shows its run
    "
  `);
});

describe("the verdict", () => {
  const within: Summary = { ...better, gain: { absolute: 0.01, interval: [-0.02, 0.04], significant: false } };

  test("says that a gain is within the noise, and warns", () => {
    expect(verdictOf(within)).toMatchObject({
      kind: "within-noise",
      sentence: expect.stringContaining("within the noise"),
    });
    expect(warningsOf(within)[0]).toContain("not significant");
  });

  test("tells the person to keep the default where the answer is worse on fresh seeds", () => {
    const worse: Summary = { ...better, gain: { absolute: -0.2, interval: [-0.3, -0.1], significant: false } };
    expect(verdictOf(worse).kind).toBe("worse");
    expect(warningsOf(worse)[0]).toContain("keep the default");
  });

  test("calls an exact gain exact where runs do not depend on the seed, although there is no interval", () => {
    const exact: Summary = {
      ...better,
      noise: { deviation: 0, degreesOfFreedom: 1 },
      gain: { absolute: 0.5, relative: 0.2, significant: false },
    };
    expect(verdictOf(exact)).toMatchObject({
      kind: "better",
      sentence: expect.stringContaining("do not depend on the seed"),
    });
    expect(warningsOf(exact).some((warning) => warning.includes("not significant"))).toBe(false);
  });

  test("does not take one seed for evidence where there is noise", () => {
    const single: Summary = { ...better, gain: { absolute: 0.5, relative: 0.2, significant: false } };
    expect(verdictOf(single).kind).toBe("within-noise");
  });

  test("does not compare with a default that failed, and says so", () => {
    const failed: Summary = { ...better, gain: null, default: { ...measured(0, [1]), estimate: null, fresh: null } };
    expect(verdictOf(failed).sentence).toContain("the default has no value to compare with");
    expect(warningsOf(failed).join(" ")).toContain("The default configuration failed");
  });

  test("does not pass over final runs that failed", () => {
    const half: Summary = {
      ...better,
      best: { ...measured(17, [2]), fresh: { ...measured(17, [2]).fresh!, failed: 2 } },
    };
    expect(warningsOf(half).join(" ")).toContain("2 of 3 final runs of the answer failed");
    const all: Summary = { ...better, gain: null, best: { ...measured(17, [2]), fresh: null } };
    expect(verdictOf(all).sentence).toContain("every run on a fresh seed failed");
    expect(warningsOf(all).join(" ")).toContain("do not use it");
  });

  test("knows when the default is the best and when there is nothing", () => {
    expect(verdictOf({ ...better, best: better.default, gain: null }).kind).toBe("default-best");
    expect(verdictOf({ ...better, best: null, gain: null }).kind).toBe("nothing");
  });
});

describe("an advisor that gave no answer", () => {
  test("is a warning with its turns, counted by kind", () => {
    const advice = { "openai:gpt-x": { turns: 13, failed: 3, failures: { deadline: 1, invalid_answer: 2 } } };
    expect(warningsOf({ ...better, advice })).toEqual([
      "The advisor openai:gpt-x gave no answer in 3 of 13 turns: invalid_answer 2, deadline 1. The optimizer's proposals ran instead.",
    ]);
  });

  test("in any turn is told with what to do", () => {
    const advice = { "openai:gpt-x": { turns: 12, failed: 12, failures: { network: 12 } } };
    expect(warningsOf({ ...better, advice })).toEqual([
      "The advisor openai:gpt-x gave no answer in 12 of 12 turns: network. The optimizer's proposals ran instead. See what is wrong with: agent-tune doctor --online.",
    ]);
  });

  test("is not mixed up with the one that came after it, and one that always answered is no warning", () => {
    const advice = {
      "openai:wrong": { turns: 4, failed: 4, failures: { network: 4 } },
      "openai:right": { turns: 9, failed: 0, failures: {} },
    };
    expect(warningsOf({ ...better, advice })).toHaveLength(1);
    expect(warningsOf({ ...better, advice })[0]).toContain("The advisor openai:wrong gave no answer in 4 of 4 turns");
  });
});

describe("what comes next", () => {
  const nextOf = (summary: Summary, at = {}): string => textSummary(summary, space, 80, at).split("Next")[1] ?? "";

  test("names the study and its folder where a command would not find it", () => {
    const at = { study: "s1", folder: "../my models" };
    expect(nextOf(better, at)).toContain("agent-tune best s1 -C '../my models' prints");
    expect(nextOf(better, at)).toContain("agent-tune show 17 -s s1 -C '../my models' shows");
    const open: Summary = { ...better, study: { ...better.study, status: "open" } };
    expect(nextOf(open, at)).toContain("agent-tune resume s1 -C '../my models' goes on");
    expect(nextOf({ ...better, best: null }, at)).toContain("agent-tune show 0 -s s1 -C '../my models' shows");
  });

  test("is short where the study is the newest one here", () => {
    expect(nextOf(better)).toContain("agent-tune best prints the configuration\n");
    expect(nextOf({ ...better, study: { ...better.study, status: "open" } })).toContain("agent-tune resume s1 goes on");
  });
});

test("an unknown price is not zero, and no call is not a price", () => {
  expect(costText({ ...better, cost: { ...better.cost, usd: null } })).toContain("price unknown");
  expect(costText({ ...better, cost: { calls: 0, tokens: 0, usd: 0, unsettled: 0 } })).toBe("no model was asked");
  expect(costText(better)).toBe("13 calls, 34,200 tokens, $0.41");
});

import { describe, expect, it } from "vitest";
import { type Suite, suiteNamed } from "../suites/index.js";
import { type EvaluationChoice, planEvaluation } from "./evaluation.js";

const noOptuna = { versions: {}, available: [], skipped: [] };
const suite: Suite = {
  name: "small",
  question: "Does it plan?",
  tasks: ["own/sphere", "own/noisy"],
  methods: ["cma-es", "random"],
  reference: "cma-es",
  contrasts: [["cma-es", "random"]],
  seeds: 2,
  trials: 10,
};

const plan = (choice: Partial<EvaluationChoice> = {}, env: NodeJS.ProcessEnv = { HOME: "/nowhere" }) =>
  planEvaluation({ suite, ...choice }, noOptuna, env);

describe("the plan of a suite", () => {
  it("has every run of the suite, and says that nothing differs from what is defined", async () => {
    const { jobs, departures, skipped, reference } = await plan();
    expect(jobs).toHaveLength(2 * 2 * 2);
    expect({ departures, skipped, reference }).toEqual({ departures: [], skipped: [], reference: "cma-es" });
    // Said again, it is the same.
    expect(
      (await plan({ methods: ["random", "cma-es"], seeds: 2, trials: 10, tasks: suite.tasks })).departures,
    ).toEqual([]);
  });

  it.each<[Partial<EvaluationChoice>, string]>([
    [{ seeds: 1 }, "1 seed instead of 2"],
    [{ seeds: 3 }, "3 seeds instead of 2"],
    [{ trials: 5 }, "5 trials instead of 10"],
    [{ tasks: ["own/sphere"] }, "other tasks"],
    [{ anonymised: true }, "tasks anonymised"],
    [{ methods: ["cma-es"] }, "other methods"],
    [{ budget: "time" }, "a budget of time"],
    [{ parallel: 2 }, "2 trials at once"],
    [{ reference: "random" }, "compared with random"],
    [{ suite: { ...suite, tasks: [...suite.tasks, "lcbench/3945"] } }, "1 skipped"],
  ])("names what departs from the suite: %o", async (choice, departure) => {
    expect((await plan(choice)).departures).toEqual([departure]);
  });

  it("runs a method once that is named twice", async () => {
    expect((await plan({ methods: ["random", "random"] })).methods).toEqual(["random"]);
  });
});

describe("what a plan refuses", () => {
  it.each<[string, Partial<EvaluationChoice>, RegExp]>([
    ["an advisor that there is not", { methods: ["cma-es+orcale"] }, /no advisor named orcale/],
    ["settings of an advisor", { methods: ["published-centaur+oracle@0.3"] }, /Settings of the advisor oracle/],
    [
      "an advisor that is told what is not known",
      { methods: ["cma-es+flaky:advisor=oracle,quality=1"], tasks: ["own/sphere", "training/digits"] },
      /cma-es\+flaky:advisor=oracle,quality=1 cannot be used on training\/digits: the optimum is not known/,
    ],
    ["a model that there is not", { model: "nonsense" }, /"nonsense" names no model/],
    ["a task that there is not", { tasks: ["anon/own/nothing"] }, /no task named anon\/own\/nothing/],
    ["a family that there is not", { tasks: ["own/nothing/"] }, /no family of tasks named own\/nothing\//],
    ["nothing to run", { tasks: ["lcbench/3945"] }, /Nothing of the suite small can be run/],
    ["nothing to compare", { suite: suiteNamed("brief-ablation") }, /None of the pairs that the suite brief-ablation/],
  ])("%s", async (_, choice, message) => {
    await expect(plan(choice)).rejects.toThrow(message);
  });

  it("is not a suite without its pairs where the methods were chosen", async () => {
    const { methods, contrasts } = await plan({ suite: suiteNamed("brief-ablation"), methods: ["cma-es"] });
    expect({ methods, contrasts }).toEqual({ methods: ["cma-es"], contrasts: [] });
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { methodNamed } from "../methods/index.js";
import { mutantNames } from "../methods/mutants.js";
import { brokenPromises, type EvaluationPlan, planEvaluation } from "../protocol/evaluation.js";
import { type Run, runJob } from "../protocol/run.js";
import { smoke } from "./smoke.js";

const noOptuna = { versions: {}, available: [], skipped: [] };

describe("the smoke suite", () => {
  let plan: EvaluationPlan;
  const runs: Run[] = [];

  beforeAll(async () => {
    plan = await planEvaluation({ suite: smoke, methods: ["tpe", ...mutantNames, "random"] }, noOptuna, process.env);
    for (const job of plan.jobs) {
      const task = plan.benchmarks.find(({ name }) => name === job.task);
      if (task) runs.push(await runJob(job, task, methodNamed(job.method)));
    }
  }, 120_000);

  const broken = (...methods: readonly string[]) => brokenPromises({ ...plan, methods: [...methods, "random"] }, runs);

  it("finds nothing wrong with an optimizer that learns", () => {
    expect(broken("tpe")).toEqual([]);
  });

  it.each([
    ["mutant-ignores-results", /learns numbers/],
    ["mutant-never-learns-categories", /learns categories/],
    ["mutant-believes-failures-are-good", /fails less/],
  ])("notices the %s", (mutant, claim) => {
    const found = broken("tpe", mutant);
    expect(found.map((each) => each.claim).join("; ")).toMatch(claim);
    // And names it.
    expect(found.every((each) => each.found.includes(mutant) && !each.found.includes("tpe has"))).toBe(true);
  });
});

import type { Run } from "../protocol/run.js";
import { mean } from "../statistics/index.js";
import type { Promised, PromiseRuns, Suite } from "./suite.js";

const numbers = ["own/ellipsoid", "own/rotated"];
const categories = "own/choices";
const failures = "own/memory-border";

/** Learners are held to what random search reaches on the same tasks with the same seeds. */
const baseline = "random";

function regretBelow(task: string, share: number, claim: string): Promised {
  return {
    claim,
    broken: (runs) => {
      const level = mean(runs.regrets(baseline, task));
      const poor = learners(runs).flatMap((method) => {
        const regret = mean(runs.regrets(method, task));
        return regret <= share * level ? [] : [`${method} has ${(regret / level).toFixed(2)} times its regret`];
      });
      return poor.length === 0 ? undefined : `on ${task} ${poor.join(", ")}`;
    },
  };
}

const failsLess: Promised = {
  claim: "every method fails less in the second half of its trials than random search",
  broken: (runs) => {
    const level = lateFailures(runs.runs(baseline, failures));
    const poor = learners(runs).flatMap((method) => {
      const share = lateFailures(runs.runs(method, failures));
      return share <= 0.7 * level ? [] : [`${method} ${(100 * share).toFixed(0)} %`];
    });
    return poor.length === 0
      ? undefined
      : `on ${failures} fail ${poor.join(", ")} of the later trials, of random search ${(100 * level).toFixed(0)} %`;
  },
};

function learners({ methods }: PromiseRuns): readonly string[] {
  return methods.filter((method) => method !== baseline);
}

/** Share of the second half of trials that failed. */
function lateFailures(runs: readonly Run[]): number {
  return mean(
    runs.map(({ trace }) => {
      const late = trace.slice(Math.floor(trace.length / 2));
      return late.filter(([, result]) => typeof result === "string").length / late.length;
    }),
  );
}

export const smoke: Suite = {
  name: "smoke",
  question: "Does everything still learn: numbers, categories, and what fails?",
  tasks: [...numbers, categories, failures],
  methods: ["cma-es", "tpe", "gp", "cma-es+rules", "cma-es+oracle:quality=0.5", "cma-es+adversary", baseline],
  reference: "cma-es",
  seeds: 5,
  trials: 60,
  promises: [
    ...numbers.map((task) =>
      regretBelow(task, 0.6, `every method learns numbers: at most 0.6 times random's regret on ${task}`),
    ),
    regretBelow(categories, 0.6, `every method learns categories: at most 0.6 times random's regret on ${categories}`),
    failsLess,
  ],
};

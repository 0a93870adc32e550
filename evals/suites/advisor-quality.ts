import { hybridTasks } from "./hybrid-tasks.js";
import type { Promised, Suite } from "./suite.js";

export const qualities = [0, 0.25, 0.5, 0.75, 1] as const;
export const sharePolicies = ["0.1", "0.3", "0.5", "adaptive"] as const;

const alone = "cma-es";
const hostile = "cma-es+adversary@adaptive";
const halfRight = "cma-es+oracle:quality=0.5@adaptive";

/** What a learned share promises, in the median over tasks. */
const promises: readonly Promised[] = [
  {
    claim: "with an adversary the hybrid needs at most 1.10 times the trials of the optimizer alone",
    broken: (runs) => {
      const times = 1 / (runs.speedUp(hostile, alone) ?? 1);
      return times <= 1.1 ? undefined : `it needs ${times.toFixed(2)} times`;
    },
  },
  {
    claim: "with an advisor that is right half of the time it needs at most half of the trials",
    broken: (runs) => {
      const faster = runs.speedUp(halfRight, alone) ?? 2;
      return faster >= 2 ? undefined : `the optimizer alone needs only ${faster.toFixed(2)} times its trials`;
    },
  },
];

/** The hybrid as a function of what its advisor is worth, without a single call of a model. */
export const advisorQuality: Suite = {
  name: "advisor-quality",
  question: "How much does the hybrid gain or lose, from a perfect advisor down to one that wishes it ill?",
  tasks: hybridTasks,
  methods: [
    "cma-es",
    ...sharePolicies.flatMap((share) => [
      ...qualities.map((quality) => `cma-es+oracle:quality=${quality}@${share}`),
      `cma-es+adversary@${share}`,
    ]),
  ],
  reference: "cma-es",
  contrasts: [
    ["cma-es+adversary@adaptive", "cma-es"],
    ["cma-es+oracle:quality=0@adaptive", "cma-es"],
    ["cma-es+oracle:quality=0.5@adaptive", "cma-es"],
    ["cma-es+oracle:quality=1@adaptive", "cma-es"],
    ["cma-es+oracle:quality=0.5@adaptive", "cma-es+oracle:quality=0.5@0.3"],
    ["cma-es+adversary@adaptive", "cma-es+adversary@0.3"],
  ],
  seeds: 20,
  trials: 80,
  promises,
};

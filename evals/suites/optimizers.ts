import type { Suite } from "./suite.js";

/** Twenty tasks of all families: real data first, then what it does not have (failures, conditions, categories). */
export const optimizerTasks: readonly string[] = [
  "lcbench/3945",
  "lcbench/7593",
  "lcbench/34539",
  "lcbench/126026",
  "lcbench/167152",
  "rbv2_rpart/1053",
  "rbv2_rpart/1457",
  "rbv2_rpart/1468",
  "fcnet/parkinsons",
  "fcnet/protein",
  "nasbench201/cifar10",
  "hpobench/blood_transfusion",
  "own/language-model",
  "own/memory-border",
  "own/divergence",
  "own/optimizer-choice",
  "own/choices",
  "own/noisy",
  "own/divisible",
  "own/few-matter",
];

export const optimizers: Suite = {
  name: "optimizers",
  question: "Which classical optimizer finds good configurations soonest?",
  tasks: optimizerTasks,
  methods: [
    "cma-es",
    "cma-es:screening=false",
    "gp",
    "random-forest",
    "tpe",
    "cross-entropy",
    "differential-evolution",
    "local-gaussian",
    "sobol",
    "random",
    "optuna-tpe",
    "optuna-cma-es",
  ],
  reference: "cma-es",
  seeds: 20,
  trials: 100,
};

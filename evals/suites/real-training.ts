import type { Suite } from "./suite.js";

export const realTraining: Suite = {
  name: "real-training",
  question: "Does it hold where every trial really trains something?",
  tasks: ["training/char-lm", "training/digits"],
  methods: ["cma-es", "cma-es+rules", "tpe", "gp", "random", "optuna-tpe"],
  reference: "cma-es+rules",
  contrasts: [
    ["cma-es+rules", "cma-es"],
    ["cma-es+rules", "random"],
    ["cma-es+rules", "tpe"],
    ["cma-es", "random"],
  ],
  seeds: 8,
  trials: 40,
};

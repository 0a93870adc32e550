import { modelPlace, type Suite } from "./suite.js";

export const autoresearch: Suite = {
  name: "autoresearch",
  question: "Does the hybrid beat TPE and its own halves on the task of the paper (arXiv 2603.24647)?",
  tasks: ["autoresearch/14-parameters"],
  methods: [
    "cma-es+rules",
    `cma-es+${modelPlace}`,
    `model-alone+${modelPlace}`,
    `published-centaur+${modelPlace}@0.3`,
    "published-centaur+none",
    "cma-es",
    "tpe",
    "optuna-tpe",
    "random",
  ],
  reference: "cma-es",
  contrasts: [
    [`cma-es+${modelPlace}`, "optuna-tpe"],
    [`cma-es+${modelPlace}`, "cma-es"],
    [`cma-es+${modelPlace}`, `published-centaur+${modelPlace}@0.3`],
    ["cma-es", "published-centaur+none"],
  ],
  seeds: 8,
  trials: 335,
};

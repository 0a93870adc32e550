import { modelPlace, type Suite } from "./suite.js";

/** Tasks with real parameter meanings, each with its anonymised twin: prior knowledge against reading the state. */
const meaningful = ["char-lm/table", "own/language-model", "lcbench/3945", "fcnet/protein", "nasbench201/cifar10"];
const hybrid = `cma-es+${modelPlace}`;

export const model: Suite = {
  name: "model",
  question: "Does this model help, over both of its halves and over every published way to use one?",
  tasks: [...meaningful, ...meaningful.map((task) => `anon/${task}`)],
  methods: [
    hybrid,
    `${hybrid}@0.3`,
    `model-alone+${modelPlace}`,
    `one-shot+${modelPlace}`,
    // The published numbers of candidates and samples, 20 and 10, are 220 calls a trial.
    `llambo:candidates=5,samples=3+${modelPlace}`,
    `llambo-labels+${modelPlace}`,
    `published-centaur+${modelPlace}@0.3`,
    "cma-es",
    "cma-es+rules",
    "cma-es+gaussian",
    "tpe",
    "optuna-tpe",
    "random",
  ],
  reference: hybrid,
  contrasts: [
    [hybrid, "cma-es"],
    [hybrid, `model-alone+${modelPlace}`],
    [hybrid, "cma-es+rules"],
    [hybrid, "cma-es+gaussian"],
    [hybrid, `published-centaur+${modelPlace}@0.3`],
    [hybrid, "tpe"],
  ],
  seeds: 10,
  trials: 60,
};

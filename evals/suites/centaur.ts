import { hybridTasks } from "./hybrid-tasks.js";
import type { Suite } from "./suite.js";

const shares = ["0.1", "0.3", "0.5", "adaptive"];

/** Is a hybrid better than its halves, over which optimizer, with which share? With advisors that need no network. */
export const centaur: Suite = {
  name: "centaur",
  question: "What does an advisor add to an optimizer, and how much of the trials should it have?",
  tasks: hybridTasks,
  methods: [
    "cma-es",
    ...shares.map((share) => `cma-es+rules@${share}`),
    ...shares.map((share) => `cma-es+gaussian@${share}`),
    "cma-es+baseline-random@0.3",
    "tpe",
    "tpe+rules",
    "gp",
    "gp+rules",
    "random",
    "random+rules",
  ],
  reference: "cma-es",
  contrasts: [
    ["cma-es+rules@adaptive", "cma-es"],
    ["cma-es+rules@0.3", "cma-es"],
    ["cma-es+rules@adaptive", "cma-es+gaussian@adaptive"],
    ["cma-es+gaussian@0.3", "cma-es"],
    ["cma-es+baseline-random@0.3", "cma-es"],
    ["tpe+rules", "tpe"],
    ["gp+rules", "gp"],
    ["random+rules", "random"],
  ],
  seeds: 20,
  trials: 80,
};

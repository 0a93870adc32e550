import { hybridTasks } from "./hybrid-tasks.js";
import type { Suite } from "./suite.js";

/** Everything that can go wrong with an advisor, one at a time. */
export const robustness: Suite = {
  name: "robustness",
  question: "What does an advisor cost that is wrong, late, malformed, or not there?",
  tasks: hybridTasks,
  methods: [
    "cma-es",
    "cma-es+adversary",
    "cma-es+adversary:tactic=lure",
    "cma-es+adversary:tactic=parasitic",
    "cma-es+adversary:tactic=turncoat",
    "cma-es+flaky",
    "cma-es+flaky:malformed=1,late=0,refusing=0,down=0",
    "cma-es+flaky:malformed=0,late=0,refusing=0,down=1",
    "cma-es+random",
    "tpe",
    "tpe+adversary",
    "tpe+flaky",
    "gp",
    "gp+adversary",
  ],
  reference: "cma-es",
  contrasts: [
    ["cma-es+adversary", "cma-es"],
    ["cma-es+adversary:tactic=lure", "cma-es"],
    ["cma-es+adversary:tactic=parasitic", "cma-es"],
    ["cma-es+adversary:tactic=turncoat", "cma-es"],
    ["cma-es+flaky", "cma-es"],
    ["cma-es+flaky:malformed=1,late=0,refusing=0,down=0", "cma-es"],
    ["cma-es+flaky:malformed=0,late=0,refusing=0,down=1", "cma-es"],
    ["cma-es+random", "cma-es"],
    ["tpe+adversary", "tpe"],
    ["tpe+flaky", "tpe"],
    ["gp+adversary", "gp"],
  ],
  seeds: 20,
  trials: 80,
};

import { ladder as rungs } from "../methods/published-centaur/index.js";
import { hybridTasks } from "./hybrid-tasks.js";
import type { Suite } from "./suite.js";

/** Half right, as a model may be: enough that it matters what the system makes of advice. */
const advisor = "oracle:quality=0.5";
const methods = rungs.map(({ method }) => method(advisor));

/** From the published Centaur to the one here, one repair more on each rung; each is compared with the one before. */
export const ladder: Suite = {
  name: "ladder",
  question: "Which of the differences from the published Centaur (arXiv 2603.24647) matters, and how much?",
  tasks: hybridTasks,
  methods,
  labels: new Map(rungs.map(({ name, method }, k) => [method(advisor), `${k} ${name}`])),
  reference: methods[0] ?? "",
  contrasts: methods.slice(1).flatMap((method, k) => {
    const before = methods[k];
    return before === undefined ? [] : [[method, before] as const];
  }),
  seeds: 20,
  trials: 80,
};

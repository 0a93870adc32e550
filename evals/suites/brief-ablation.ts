import { briefSections } from "../../src/centaur/brief/sections.js";
import { hybridTasks } from "./hybrid-tasks.js";
import { modelPlace, type Suite } from "./suite.js";

const whole = `cma-es+${modelPlace}@0.3`;
const without = (section: string) => `cma-es+${modelPlace}?without=${section}@0.3`;
/** What the published system leaves out or buries: the optimizer's own state. */
const state = "optimizer+correlations+categories";

/** The share is fixed, so that nothing but the brief differs. Both halves alone say what there is to gain. */
export const briefAblation: Suite = {
  name: "brief-ablation",
  question: "What is each part of the brief worth to the model that reads it?",
  tasks: hybridTasks,
  methods: [whole, ...briefSections.map(without), without(state), "cma-es", `model-alone+${modelPlace}`],
  reference: whole,
  contrasts: [
    ...[...briefSections, state].map((section) => [whole, without(section)] as const),
    [whole, "cma-es"],
    [whole, `model-alone+${modelPlace}`],
  ],
  seeds: 10,
  trials: 60,
};

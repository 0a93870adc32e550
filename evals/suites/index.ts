import { AgentTuneError } from "../../src/errors.js";
import { nearestName } from "../../src/space/nearest-name.js";
import { advisorQuality } from "./advisor-quality.js";
import { autoresearch } from "./autoresearch.js";
import { briefAblation } from "./brief-ablation.js";
import { centaur } from "./centaur.js";
import { ladder } from "./ladder.js";
import { model } from "./model.js";
import { optimizers } from "./optimizers.js";
import { realTraining } from "./real-training.js";
import { robustness } from "./robustness.js";
import { smoke } from "./smoke.js";
import type { Suite } from "./suite.js";

export { modelPlace, type Promised, type PromiseRuns, type Suite } from "./suite.js";

export const suites: readonly Suite[] = [
  smoke,
  optimizers,
  centaur,
  advisorQuality,
  ladder,
  briefAblation,
  robustness,
  model,
  realTraining,
  autoresearch,
];

/** @throws AgentTuneError `usage` where there is none of that name */
export function suiteNamed(name: string): Suite {
  const suite = suites.find((each) => each.name === name);
  if (suite !== undefined) return suite;
  const names = suites.map((each) => each.name);
  const nearest = nearestName(name, names);
  throw new AgentTuneError("usage", {
    message: `There is no suite named ${name}.`,
    remedy: `${nearest === undefined ? "" : `Did you mean ${nearest}? `}Suites are ${names.join(", ")}.`,
  });
}

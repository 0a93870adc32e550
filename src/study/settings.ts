import type { Share } from "../centaur/turn-policy.js";
import type { Objective } from "../evidence/index.js";
import type { SpaceDefinition } from "../space/parameter.js";
import type { Budget } from "./budget.js";
import type { NoisePolicy } from "./noise-policy.js";

/**
 * What the study loop needs to know, whichever door the study came in by. How a trial is run is the executor's
 * affair, how a model is called the advisor's; neither is in here.
 */
export interface StudySettings {
  readonly name: string;
  /** The task in the user's words, for the advisor. */
  readonly task?: string | undefined;
  readonly space: SpaceDefinition;
  readonly objective: Objective & {
    /** The search ends when the incumbent's estimated true value is this good. */
    readonly target?: number | undefined;
  };
  /** What one trial may use, for the brief; the executor enforces it. */
  readonly limits: { readonly seconds?: number | undefined; readonly memoryBytes?: number | undefined };
  readonly budget: Budget;
  readonly seed: number;
  readonly optimizer: string;
  readonly share: Share;
  readonly review: "trial" | "generation";
  readonly noise: NoisePolicy & {
    /** Fresh seeds on which the answer and the default are run at the end; 0 leaves the re-evaluation out. */
    readonly finalSeeds: number;
  };
}

import { deriveSeed } from "../math/random.js";
import type { SearchSpace } from "../space/search-space.js";
import { type Feasibility, type FeasibilityOptions, fitFeasibility } from "./surrogate/index.js";
import type { ToldResults } from "./told-results.js";

/** Latest results that a probability of failure is learned from. */
export const learnedFrom = 300;
/** Most results between two fits. */
export const longestStep = 16;
/** Fewest results that it is learned from. */
const fewestResults = 4;

/** Every count up to 16, then steps of 8 % and at most 16: keeps the cost of fitting for each result constant. */
export function failureMilestone(told: number): number {
  let reached = Math.min(told, 16);
  for (let next = 16; next <= told; next = Math.min(Math.ceil(next * 1.08), next + longestStep)) reached = next;
  return reached;
}

/**
 * Where configurations fail, learned from the results that an optimizer was told of up to the latest milestone: a
 * function of those results alone, so that a restored optimizer has the same model. Fitted when it is asked for.
 */
export class FailureModel {
  private fitted: { readonly at: number; readonly model: Feasibility | undefined } | undefined;

  constructor(
    private readonly space: SearchSpace,
    private readonly seed: number,
    private readonly limits: FeasibilityOptions["limits"] = undefined,
  ) {}

  /**
   * @param told results told so far; those of `results` are the latest of them
   * @returns undefined while nothing has failed and no limit is known
   */
  at(results: ToldResults["results"], told: number): Feasibility | undefined {
    const at = failureMilestone(told);
    if (this.fitted?.at === at) return this.fitted.model;
    const seen = results.slice(0, results.length - (told - at)).slice(-learnedFrom);
    const worthIt =
      seen.length >= fewestResults &&
      (this.limits !== undefined || seen.some(({ evaluation }) => evaluation.kind === "failure"));
    const model = worthIt ? this.fit(seen, at) : undefined;
    this.fitted = { at, model };
    return model;
  }

  private fit(seen: ToldResults["results"], at: number): Feasibility {
    return fitFeasibility(
      this.space,
      seen.map(({ configuration, evaluation, measured }) => ({
        configuration,
        measured,
        failed: evaluation.kind === "failure",
        ...(evaluation.kind === "failure" && evaluation.failure !== undefined && { kind: evaluation.failure }),
      })),
      { seed: deriveSeed(this.seed, "fit", at), ...(this.limits !== undefined && { limits: this.limits }) },
    );
  }
}

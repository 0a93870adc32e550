import type { Configuration } from "../space/parameter.js";
import { sameConfiguration } from "../space/project-configuration.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Optimizer, OptimizerFactory, OptimizerSettings, OptimizerState, Told } from "./optimizer.js";

/** An optimizer that goes on in another search space. */
export interface CarriedOver {
  readonly optimizer: Optimizer;
  /** `transferred`: with its own state. `rebuilt`: a new one that was told the results so far. */
  readonly how: "transferred" | "rebuilt";
  /** Results that are configurations of the new space too, and those that are not. */
  readonly results: { readonly told: number; readonly left: number };
  /** One sentence for the person. */
  readonly explanation: string;
}

/**
 * Continues a search in a search space that has some parameters more or fewer, or other ranges.
 *
 * An optimizer with a state of its own (CMA-ES) keeps what it has learned about the parameters that both spaces have;
 * any other one is made anew and told all results again. Either way results go into the new space with new parameters
 * at their defaults: what declares a parameter promises that its default behaves as before. Results with a value that
 * the new space has not are left out.
 *
 * Candidates of the old optimizer that have no result yet are told later by their configuration in the new space
 * (`sameConfiguration`) and without their number, which may be another candidate's by then.
 *
 * @param options.told results so far, configurations of any space, in the order of telling
 * @param options.start the user's configuration in the new space
 * @param options.initialDeviation of new parameters, see `OptimizerOptions`
 * @param options.settings for an optimizer that is made anew
 * @throws AgentTuneError `state_invalid` where the state is not of this optimizer or not of the old space
 */
export function carryOver(
  factory: OptimizerFactory,
  oldSpace: SearchSpace,
  state: OptimizerState,
  newSpace: SearchSpace,
  options: {
    readonly seed: number;
    readonly start: Configuration;
    readonly told: readonly Told[];
    readonly initialDeviation?: Readonly<Record<string, number>>;
    readonly settings?: OptimizerSettings;
  },
): CarriedOver {
  const { settings, ...rest } = options;
  const told = options.told.flatMap(({ configuration, evaluation, measured }): Told[] => {
    const same = sameConfiguration(configuration, newSpace);
    return same === undefined ? [] : [{ configuration: same, evaluation, ...(measured && { measured }) }];
  });
  const results = { told: told.length, left: options.told.length - told.length };
  if (factory.carryOver) {
    const optimizer = factory.carryOver(oldSpace, state, newSpace, { ...rest, told });
    const explanation = `${factory.name} goes on with what it has learned about the parameters that are still there.`;
    return { optimizer, how: "transferred", results, explanation };
  }
  // A state that does not belong here is an error for every kind of optimizer.
  factory.restore(oldSpace, state);
  const { told: _told, ...start } = rest;
  const optimizer = factory.create(newSpace, { ...start, ...(settings && { settings }) });
  for (const result of told) optimizer.tell(result);
  const explanation = `${factory.name} starts anew in the changed search space and learns from ${told.length} earlier results again.`;
  return { optimizer, how: "rebuilt", results, explanation };
}

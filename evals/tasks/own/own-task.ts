import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { type Configuration, definitionFromFields, SearchSpace, type SpaceFields } from "../../../src/space/index.js";
import { knownOptimum, knownValues } from "../known-values.js";
import { type Observation, type Task, type TaskCard, type TaskEntry, trialBudget } from "../task.js";

/** Why and how far into the run a configuration fails. */
export interface Failing {
  readonly failure: "out_of_memory" | "diverged" | "timeout";
  /** Share of the run that is done by then. */
  readonly progress: number;
}

/** A task that is a formula over its parameters. */
export interface OwnTask {
  readonly name: string;
  readonly card: TaskCard;
  /** Every parameter with what it stands for. */
  readonly space: SpaceFields;
  /**
   * Noise-free value.
   *
   * @param at encoded coordinate in [0, 1] of a numeric parameter; its default's where it is inactive
   */
  loss(at: (name: string) => number, configuration: Configuration): number;
  /** Standard deviation of a run's value around the loss; none where absent. */
  noise?(at: (name: string) => number, configuration: Configuration): number;
  /** Duration of a run in simulated seconds, up to the limit where there is one. */
  cost?(configuration: Configuration): number;
  /** Bytes. */
  peakMemory?(configuration: Configuration): number;
  /** Whether the configuration fails, whatever the seed. */
  failing?(configuration: Configuration): Failing | undefined;
  /** Whether a run of a configuration that may succeed fails by chance; `luck` is standard normal. */
  failingByChance?(configuration: Configuration, luck: number): Failing | undefined;
}

/** Value of a numeric parameter that is active. */
export const numberOf = (configuration: Configuration, name: string): number => Number(configuration[name]);

/** Larger is worse, in the order in which a study ranks failures. */
const severities = { timeout: 1, out_of_memory: 2, diverged: 3 } as const;

export function ownTask(definition: OwnTask): TaskEntry {
  const name = `own/${definition.name}`;
  return { name, load: () => makeTask(name, definition) };
}

function makeTask(name: string, definition: OwnTask): Task {
  const space = SearchSpace.from(definitionFromFields(definition.space));
  const positions = new Map(space.numericAxes.map((axis, k) => [axis.name, k]));
  const coordinates = (configuration: Configuration) => {
    const { numeric } = space.encode(configuration);
    return (parameter: string): number => {
      const value = numeric[positions.get(parameter) ?? -1];
      if (value === undefined) throw new Error(`${name} has no numeric parameter ${parameter}.`);
      return value;
    };
  };
  const measure = (configuration: Configuration) => ({
    ...(definition.cost && { cost: definition.cost(configuration) }),
    ...(definition.peakMemory && { peakMemory: definition.peakMemory(configuration) }),
  });

  function evaluate(configuration: Configuration, seed: number): Observation {
    const random = RandomStream.fromSeed(deriveSeed(seed, name));
    const deviation = random.normal();
    const luck = random.normal();
    const failing = definition.failing?.(configuration) ?? definition.failingByChance?.(configuration, luck);
    const { cost, peakMemory } = measure(configuration);
    if (failing !== undefined) {
      return {
        evaluation: { kind: "failure", failure: failing.failure, severity: severities[failing.failure] },
        measured: {
          progress: failing.progress,
          // A run that is stopped for its time has taken all of it.
          ...(cost !== undefined && { cost: failing.failure === "timeout" ? cost : cost * failing.progress }),
          ...(peakMemory !== undefined && { peakMemory }),
        },
      };
    }
    const at = coordinates(configuration);
    const noise = definition.noise?.(at, configuration) ?? 0;
    const value = definition.loss(at, configuration) + noise * deviation;
    return {
      evaluation: { kind: "value", value },
      measured: { ...(cost !== undefined && { cost }), ...(peakMemory !== undefined && { peakMemory }) },
    };
  }

  return {
    name,
    space,
    start: space.defaults(),
    trials: trialBudget(space.parameters.length),
    evaluate,
    trueValue: (configuration) =>
      definition.failing?.(configuration) === undefined
        ? definition.loss(coordinates(configuration), configuration)
        : Number.POSITIVE_INFINITY,
    get known() {
      return knownValues(name);
    },
    card: definition.card,
    ...knownOptimum(name, space),
  };
}

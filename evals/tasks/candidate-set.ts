import { deriveSeed } from "../../src/math/random.js";
import { encodedDistance } from "../../src/space/encoded-distance.js";
import {
  type Configuration,
  definitionFromFields,
  type EncodedPoint,
  SearchSpace,
  type SpaceFields,
} from "../../src/space/index.js";
import { type KnownValues, medianOfBestOf25, type Observation, type Task, type TaskCard, trialBudget } from "./task.js";

/*
 * Tasks on configurations that were run once and recorded, without a grid: nothing is known between the rows. An
 * optimizer that asks for any point of the space cannot be held to rows silently, so that this is the protocol:
 *
 *   1. The method asks for a point as on any task.
 *   2. The nearest row that has not run yet takes its place, by the distance of encoded coordinates in which
 *      optimizers work. Each row runs at most once.
 *   3. The result is told as that of the row, which is not what the method proposed: it learns from it as from a
 *      configuration that somebody else chose, and what it had proposed is released.
 *   4. The trial's origin says so: `cma-es-nearest-row`.
 *
 * Where a method asks for a row that is left, it gets what it asked for. `matchToPool` of evals/methods does this to
 * any method's session. Results say how well a method ranks what is there, which is less than how well it searches.
 */

/** How one recorded run ended. */
export type RecordedRun =
  | { readonly kind: "value"; readonly value: number }
  /** @param progress share of the run that was done by then */
  | { readonly kind: "diverged"; readonly progress: number };

/** One recorded configuration. */
export interface Row {
  readonly configuration: Configuration;
  /** One for each seed. */
  readonly runs: readonly RecordedRun[];
}

/** What a candidate set is made of. */
export interface CandidateSet {
  readonly name: string;
  readonly card: TaskCard;
  /** Wide enough for all rows. Defaults become the start's. */
  readonly space: SpaceFields;
  readonly rows: readonly Row[];
  /** Settings that people begin with, as far as there are any; the middle of the space for the others. */
  readonly usual: Configuration;
}

/** As a study ranks it. */
const divergedSeverity = 3;

/** Share of the rows that a run may try: with more of them, any method finds the best by leaving none out. */
const largestShare = 1 / 4;

/**
 * A task whose `pool` are the rows. It starts from the row nearest to the usual settings in the worse half of those
 * that never fail, so that there is something to tune.
 *
 * @throws Error for rows that are no configurations of the space, or twice the same
 */
export function candidateSetTask({ name, card, space: fields, rows, usual }: CandidateSet): Task {
  const wide = SearchSpace.from(definitionFromFields(fields));
  const told = new Map<string, Row>();
  for (const { configuration, runs } of rows) {
    const reading = wide.read(configuration);
    if (!reading.ok) {
      const [problem] = reading.problems;
      throw new Error(`${name} has a row that cannot be read: ${problem?.subject} ${problem?.message}.`);
    }
    const key = wide.key(reading.configuration);
    if (told.has(key)) throw new Error(`${name} has the row ${key} twice.`);
    told.set(key, { configuration: reading.configuration, runs });
  }
  const canonical = [...told.values()];
  const start = startOf(canonical, wide, { ...wide.defaults(), ...usual });
  const space = withDefaults(wide, start);

  const rowOf = (configuration: Configuration): Row => {
    const row = told.get(space.key(configuration));
    if (row === undefined) throw new Error(`${name} has no row ${space.key(configuration)}.`);
    return row;
  };
  const pool = canonical.map(({ configuration }) => configuration);
  const best = canonical.reduce((a, b) => (meanOf(b) < meanOf(a) ? b : a));
  const known = knownOf(canonical.map(meanOf));
  return {
    name,
    space,
    start: space.defaults(),
    trials: Math.min(trialBudget(space.parameters.length), Math.ceil(largestShare * pool.length)),
    evaluate(configuration, seed) {
      const { runs } = rowOf(configuration);
      const run = runs[deriveSeed(seed, name) % runs.length];
      if (run === undefined) throw new Error(`${name} has a row without runs.`);
      return observationOf(run);
    },
    trueValue: (configuration) => meanOf(rowOf(configuration)),
    known,
    card: {
      ...card,
      text:
        `${card.text} Only ${pool.length} configurations were recorded: in place of one that is asked for, the nearest ` +
        "recorded one runs that has not run yet.",
    },
    optimum: best.configuration,
    pool,
  };
}

/** The rows that are left of a pool. */
export class RemainingRows {
  private readonly left: Map<string, { readonly configuration: Configuration; readonly point: EncodedPoint }>;

  constructor(
    private readonly space: SearchSpace,
    pool: readonly Configuration[],
  ) {
    this.left = new Map(
      pool.map((configuration) => [space.key(configuration), { configuration, point: space.encode(configuration) }]),
    );
  }

  /** Takes one out that runs without having been asked for, such as the start. */
  remove(configuration: Configuration): void {
    this.left.delete(this.space.key(configuration));
  }

  /**
   * Takes out the row nearest to a configuration; of several equally near the first of the pool.
   *
   * @returns undefined where none is left
   */
  takeNearest(configuration: Configuration): Configuration | undefined {
    const wanted = this.space.encode(configuration);
    let nearest: Configuration | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const row of this.left.values()) {
      const distance = encodedDistance(row.point, wanted);
      if (distance >= least) continue;
      least = distance;
      nearest = row.configuration;
    }
    if (nearest !== undefined) this.remove(nearest);
    return nearest;
  }
}

function observationOf(run: RecordedRun): Observation {
  if (run.kind === "value") return { evaluation: { kind: "value", value: run.value }, measured: {} };
  return {
    evaluation: { kind: "failure", failure: "diverged", severity: divergedSeverity },
    measured: { progress: run.progress },
  };
}

/** Where 25 random rows hold one of the best more often than not, the unit of regret is the median row instead. */
function knownOf(trueValues: readonly number[]): KnownValues {
  const best = Math.min(...trueValues);
  const bestOf25 = medianOfBestOf25(trueValues);
  const finite = trueValues.filter(Number.isFinite).sort((a, b) => a - b);
  return { best, bestOf25: bestOf25 > best ? bestOf25 : (finite[Math.floor(finite.length / 2)] ?? Number.NaN) };
}

/** Mean of the runs that succeed; Infinity where none does. */
function meanOf({ runs }: Row): number {
  const values = runs.flatMap((run) => (run.kind === "value" ? [run.value] : []));
  return values.length === 0 ? Number.POSITIVE_INFINITY : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function startOf(rows: readonly Row[], space: SearchSpace, usual: Configuration): Configuration {
  const sound = rows.filter(({ runs }) => runs.every(({ kind }) => kind === "value"));
  const worseHalf = sound.sort((a, b) => meanOf(a) - meanOf(b)).slice(Math.floor(sound.length / 2));
  const remaining = new RemainingRows(
    space,
    worseHalf.map(({ configuration }) => configuration),
  );
  const nearest = remaining.takeNearest(usual);
  if (nearest === undefined) throw new Error("A candidate set needs a row that never fails.");
  return nearest;
}

/** The same space with a configuration as its defaults; parameters that are inactive in it keep theirs. */
function withDefaults({ definition }: SearchSpace, configuration: Configuration): SearchSpace {
  const parameters = definition.parameters.map((parameter) => {
    const value = configuration[parameter.name];
    if (value === undefined) return parameter;
    if (parameter.kind === "float" || parameter.kind === "int") return { ...parameter, default: Number(value) };
    if (parameter.kind === "boolean") return { ...parameter, default: value === true };
    return { ...parameter, default: value };
  });
  return SearchSpace.from({ ...definition, parameters });
}

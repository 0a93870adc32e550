import { readFileSync } from "node:fs";
import { failureSeverity } from "../../../src/centaur/failure-severity.js";
import { deriveSeed } from "../../../src/math/random.js";
import type { Configuration, SearchSpace } from "../../../src/space/index.js";
import type { StudyDefinition } from "../../../src/study/study-file/index.js";
import { medianOfBestOf25, type Observation, type Task, type TaskCard, trialBudget } from "../task.js";
import { exampleStudy } from "./example.js";
import { gridSpace } from "./grid.js";
import { fixedValues, readingStep, readTable, type TableRow, type TableRun, tableFile } from "./packed-table.js";

export const tableName = "char-lm/table";

/** A reading of the objective before the end of a run, or at it. */
export interface CurvePoint {
  readonly step: number;
  /** val_bpb on 1,024 tokens, the last of a run on 8,192. */
  readonly value: number;
}

/** A task whose runs can be followed step by step. */
export interface CharLmTable extends Task {
  /**
   * The readings of the run that `evaluate` reports for the same arguments, of a failure those before it failed.
   *
   * @throws Error for a configuration that is not of the grid
   */
  curve(configuration: Configuration, seed: number): readonly CurvePoint[];
}

/**
 * examples/char-lm on a full grid: a small language model in a fixed amount of arithmetic, measured through the
 * executor of a study under the limits of its study file, which memory failures and divergence are part of. What an
 * optimizer asks for was run as asked. Texts for an advisor are the example's own.
 *
 * Of the noise: a run is one of the recorded seeds, the true value their mean. The start and about 200 other
 * configurations have three seeds, among them the best hundred of seed 1; the others have one, so that they repeat
 * exactly and their true value is off by the noise of a run, a standard deviation of about a hundredth of a bit.
 * The best hundred were chosen by one of their three seeds, by which their means are a little too good.
 */
export function charLmTableTask(file: string = tableFile()): CharLmTable {
  const study = exampleStudy();
  const space = gridSpace(study);
  const { rows } = readTable(space, readFileSync(file, "utf8"));
  return tableTask(study, space, rows);
}

/** The task of any rows on the grid. */
export function tableTask(study: StudyDefinition, space: SearchSpace, rows: readonly TableRow[]): CharLmTable {
  const runsOf = new Map(rows.map(({ configuration, runs }) => [space.key(configuration), runs]));
  const trueValues = rows.map(({ runs }) => meanOfSuccesses(runs));
  const known = { best: Math.min(...trueValues), bestOf25: medianOfBestOf25(trueValues) };
  const optimum = rows[trueValues.indexOf(known.best)]?.configuration;

  function recorded(configuration: Configuration): readonly TableRun[] {
    const runs = runsOf.get(space.key(configuration));
    if (runs === undefined) throw new Error(`${tableName} has no run of ${JSON.stringify(configuration)}.`);
    return runs;
  }
  function run(configuration: Configuration, seed: number): TableRun {
    const runs = recorded(configuration);
    return runs[deriveSeed(seed, tableName) % runs.length]!;
  }

  return {
    name: tableName,
    space,
    start: space.defaults(),
    trials: trialBudget(space.parameters.length),
    evaluate: (configuration, seed) => observation(run(configuration, seed)),
    trueValue: (configuration) => meanOfSuccesses(recorded(configuration)),
    known,
    card: card(study, space),
    ...(optimum === undefined ? {} : { optimum }),
    curve(configuration, seed) {
      const { curve, steps } = run(configuration, seed);
      return curve.map((value, k) => ({ step: readingStep(steps, k + 1), value }));
    },
  };
}

function observation({ failure, progress, curve, peakMemory }: TableRun): Observation {
  const measured = { progress, ...(peakMemory === undefined ? {} : { peakMemory }) };
  const value = curve.at(-1);
  if (failure === undefined && value !== undefined) return { evaluation: { kind: "value", value }, measured };
  const outcome = { kind: "failed", failure: failure ?? "metric_missing", message: "as recorded" } as const;
  return {
    evaluation: { kind: "failure", failure: outcome.failure, severity: failureSeverity({ outcome }) },
    measured,
  };
}

function meanOfSuccesses(runs: readonly TableRun[]): number {
  const values = runs.flatMap(({ failure, curve }) => (failure === undefined ? curve.slice(-1) : []));
  return values.length === 0 ? Number.POSITIVE_INFINITY : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The example's own words, and what the grid leaves out. */
function card(study: StudyDefinition, space: SearchSpace): TaskCard {
  const fixed = Object.entries(fixedValues(study, space)).map(([name, value]) => `${name} ${value}`);
  const { time, memory } = study.trial.limits;
  return {
    text: `${study.task?.trim() ?? ""}\n\nWhat is not tuned here is fixed: ${fixed.join(", ")}; momentum concerns sgd alone.`,
    metric: study.objective.metric,
    limits: {
      ...(time === undefined ? {} : { seconds: time }),
      ...(memory === undefined ? {} : { memoryBytes: memory }),
    },
  };
}

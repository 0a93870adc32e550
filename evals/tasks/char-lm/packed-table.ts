import { join } from "node:path";
import { z } from "zod";
import { packageRoot } from "../../../src/llm/package-root.js";
import type { Configuration, ParameterValue, SearchSpace } from "../../../src/space/index.js";
import type { StudyDefinition } from "../../../src/study/study-file/index.js";
import { type FailureKind, failureKinds } from "../../../src/trials/index.js";
import { gridConfigurations, levelsOf, scriptConfiguration } from "./grid.js";
import type { RawRun } from "./raw-run.js";

/*
 * The table as a text that can be read and compared line by line: a line about how it was measured, a line of column
 * names, and one line for each run, in grid order and by seed. Columns are separated by tabs; what a run did not reach
 * is empty.
 */

/** The committed table. */
export function tableFile(): string {
  return join(packageRoot(), "evals", "tasks", "char-lm", "data", "table.tsv");
}

const headerSchema = z.strictObject({
  /** Day on which the last run ended. */
  measured: z.iso.date(),
  /** Values do not depend on it as far as is known; should one ever differ, this is the version to ask. */
  node: z.string(),
  processor: z.string(),
  /** `scriptDigest()` of what was run. */
  script: z.string().regex(/^[0-9a-f]{64}$/),
  limits: z.strictObject({ seconds: z.number().nullable(), memoryBytes: z.number().nullable() }),
  /** Values of the script's other parameters, the same for all runs. */
  fixed: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});
export type TableHeader = z.infer<typeof headerSchema>;

const notes =
  "Seconds are left out: the runs shared a machine with other work, and all may spend the same arithmetic. " +
  "Of runs that were ended for their memory, progress and memory depend on the moment at which it was looked at.";

/** Readings of the objective in a whole run, evenly spread; the last one is the run's value. */
const readings = 5;

/** Step after which the objective was read for the k-th time, from 1. */
export function readingStep(steps: number, k: number): number {
  return Math.ceil((steps * k) / readings);
}
const resultColumns = [
  "seed",
  "outcome",
  "progress",
  "steps",
  ...Array.from({ length: readings }, (_, k) => `val_bpb_${k + 1}`),
  "train_bpb",
  "peak_mb",
] as const;

/** One recorded run. */
export interface TableRun {
  readonly seed: number;
  /** Absent of a run that completed. */
  readonly failure?: FailureKind;
  /** Share of the steps that were done when it ended, in [0, 1]. */
  readonly progress: number;
  /** Steps of a whole run. */
  readonly steps: number;
  /** val_bpb after 1/5, 2/5, ... of the steps, as far as the run got. */
  readonly curve: readonly number[];
  /** Last reading of train_bpb, a mean over 1/20 of the steps; absent where there was none. */
  readonly trainLoss?: number;
  /** Largest resident memory in bytes; absent where it was not measured. */
  readonly peakMemory?: number;
}

export interface TableRow {
  readonly configuration: Configuration;
  /** By seed; at least one. */
  readonly runs: readonly TableRun[];
}

/** Values that all runs of the table share: active parameters of the script that are not of the table. */
export function fixedValues(study: StudyDefinition, space: SearchSpace): Configuration {
  const tuned = [...space.parameters, ...space.derived].map(({ name }) => name);
  const start = space.defaults();
  // Momentum is active with sgd alone.
  const sgd = scriptConfiguration(study, { ...start, optimizer: "sgd" });
  const entries = Object.entries({ ...sgd, ...scriptConfiguration(study, start) });
  return Object.fromEntries(entries.filter(([name]) => !tuned.includes(name)));
}

/**
 * The table's text.
 *
 * @throws Error where configurations of the grid were not run
 */
export function tableText(space: SearchSpace, raw: readonly RawRun[], header: TableHeader): string {
  const runsOf = new Map<string, RawRun[]>();
  for (const run of raw) {
    const key = space.key(run.configuration);
    runsOf.set(key, [...(runsOf.get(key) ?? []), run]);
  }
  const wholeSteps = stepsByShape(raw);
  const names = space.parameters.map(({ name }) => name);
  const lines = [`# ${JSON.stringify({ ...header, notes })}`, [...names, ...resultColumns].join("\t")];
  for (const configuration of gridConfigurations(space)) {
    const runs = runsOf.get(space.key(configuration));
    if (runs === undefined) throw new Error(`The run of ${JSON.stringify(configuration)} is missing.`);
    const steps = wholeSteps.get(shapeOf(configuration));
    if (steps === undefined) throw new Error(`No run like ${JSON.stringify(configuration)} tells the number of steps.`);
    for (const run of [...runs].sort((a, b) => a.seed - b.seed)) {
      const values = names.map((name) => String(configuration[name]));
      lines.push([...values, ...resultFields(run, steps)].join("\t"));
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The number of steps follows from what a step costs, which these parameters decide. */
function shapeOf(configuration: Configuration): string {
  return ["batch_size", "context", "width", "depth"].map((name) => configuration[name]).join(" ");
}

function stepsByShape(raw: readonly RawRun[]): ReadonlyMap<string, number> {
  return new Map(
    raw.flatMap(({ configuration, tokens }) =>
      tokens === undefined ? [] : [[shapeOf(configuration), tokens / Number(configuration["batch_size"])] as const],
    ),
  );
}

function resultFields(run: RawRun, steps: number): readonly string[] {
  const { outcome, curve, trainCurve, lastStep = 0, peakMemoryMegabytes } = run;
  const complete = outcome.kind === "complete";
  const asExpected =
    curve.every(([step], k) => step === readingStep(steps, k + 1)) &&
    (!complete || (curve.length === readings && curve.at(-1)?.[1] === outcome.value));
  if (!asExpected) throw new Error(`A run has other readings than the table has columns: ${JSON.stringify(run)}`);
  return [
    String(run.seed),
    complete ? "complete" : outcome.failure,
    complete ? "1" : String(Number((lastStep / steps).toFixed(4))),
    String(steps),
    ...Array.from({ length: readings }, (_, k) => decimal(curve[k]?.[1])),
    decimal(trainCurve.at(-1)?.[1]),
    peakMemoryMegabytes === undefined ? "" : String(peakMemoryMegabytes),
  ];
}

/** As many decimals as the script prints. */
function decimal(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toFixed(4)));
}

const number = z.string().regex(/\d/).transform(Number).pipe(z.number());
const optionalNumber = z.union([z.literal("").transform(() => undefined), number]);
const runSchema = z.object({
  seed: number.pipe(z.int()),
  outcome: z.union([z.literal("complete"), z.enum(failureKinds)]),
  progress: number.pipe(z.number().min(0).max(1)),
  steps: number.pipe(z.int().positive()),
  curve: z.array(optionalNumber),
  trainLoss: optionalNumber,
  peakMegabytes: optionalNumber,
});

/**
 * Reads what {@link tableText} wrote.
 *
 * @throws Error with the line that is not of that form
 */
export function readTable(space: SearchSpace, text: string): { header: TableHeader; rows: readonly TableRow[] } {
  const [first = "", columns, ...lines] = text.trimEnd().split("\n");
  const header = headerSchema
    .extend({ notes: z.string() })
    .transform(({ notes: _notes, ...rest }) => rest)
    .parse(JSON.parse(first.replace(/^# /, "")));
  const names = space.parameters.map(({ name }) => name);
  if (columns !== [...names, ...resultColumns].join("\t")) throw new Error(`The table has other columns: ${columns}`);
  const levelOf = new Map(
    space.parameters.map((parameter) => [
      parameter.name,
      new Map<string, ParameterValue>(levelsOf(space, parameter).map((level) => [String(level), level])),
    ]),
  );
  const rows: { configuration: Configuration; runs: TableRun[] }[] = [];
  let before: string | undefined;
  for (const [index, line] of lines.entries()) {
    const fields = line.split("\t");
    const place = `line ${index + 3} of the table`;
    if (fields.length !== names.length + resultColumns.length) throw new Error(`A column is missing in ${place}.`);
    const levels = names.map((name, k) => {
      const level = levelOf.get(name)?.get(fields[k] ?? "");
      if (level === undefined) throw new Error(`${name} is not on the grid in ${place}.`);
      return [name, level] as const;
    });
    const key = fields.slice(0, names.length).join("\t");
    const run = readRun(fields.slice(names.length), place);
    if (key === before) rows.at(-1)?.runs.push(run);
    else rows.push({ configuration: Object.fromEntries(levels), runs: [run] });
    before = key;
  }
  return { header, rows };
}

function readRun(fields: readonly string[], place: string): TableRun {
  const [seed, outcome, progress, steps, ...rest] = fields;
  const [trainLoss, peakMegabytes] = rest.slice(readings);
  const curve = rest.slice(0, readings);
  const parsed = runSchema.safeParse({ seed, outcome, progress, steps, curve, trainLoss, peakMegabytes });
  if (!parsed.success) throw new Error(`A value is wrong in ${place}.`, { cause: parsed.error });
  const { data } = parsed;
  const reached = data.curve.filter((value) => value !== undefined);
  return {
    seed: data.seed,
    ...(data.outcome === "complete" ? {} : { failure: data.outcome }),
    progress: data.progress,
    steps: data.steps,
    curve: reached,
    ...(data.trainLoss === undefined ? {} : { trainLoss: data.trainLoss }),
    ...(data.peakMegabytes === undefined ? {} : { peakMemory: Math.round(data.peakMegabytes * 1e6) }),
  };
}

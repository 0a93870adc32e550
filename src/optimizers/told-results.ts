import { z } from "zod";
import type { Configuration, EncodedPoint, Parameter, ParameterValue } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Evaluation, Measured, Told } from "./optimizer.js";

/** One result, with the point that models compare. */
export interface ToldResult {
  /** Position in the order of telling, from 0; never reused. */
  readonly id: number;
  /** Canonical. */
  readonly configuration: Configuration;
  readonly point: EncodedPoint;
  readonly evaluation: Evaluation;
  readonly measured: Measured;
}

export const toldResultsSchema = z.object({
  /** Results told so far, forgotten ones included. */
  told: z.number(),
  /** Failure kinds that occur, in the order of their first occurrence. */
  failures: z.array(z.string()),
  /** Rows of `columns` float64 numbers, little-endian, in base64: a third of the size of their decimal digits. */
  rows: z.base64(),
});
export type ToldResultsState = z.infer<typeof toldResultsSchema>;

/** Kept where nothing else is said. */
const defaultCapacity = 2000;

/** Before the parameters: id, kind (see below), value or severity, peak memory, progress, cost. */
const leading = 6;
/** What the kind of a row says: a value, or minus one minus the index of the failure kind; unnamed failures last. */
const valueKind = 1;
const unnamedFailure = 0;

/**
 * The results that a model-based optimizer learns from, exactly and compactly saved. Beyond its capacity the oldest
 * of the worse half are forgotten, so that what is good, and what is new, stays.
 */
export class ToldResults {
  private readonly kept: ToldResult[] = [];
  private countTold = 0;

  constructor(
    private readonly space: SearchSpace,
    private readonly capacity: number = defaultCapacity,
  ) {}

  /** In the order of telling. */
  get results(): readonly ToldResult[] {
    return this.kept;
  }

  /** Results told so far, forgotten ones included. */
  get told(): number {
    return this.countTold;
  }

  add({ configuration, evaluation, measured }: Told): ToldResult {
    const point = this.space.encode(configuration);
    const result = { id: this.countTold++, configuration, point, evaluation, measured: measured ?? {} };
    this.kept.push(result);
    if (this.kept.length > this.capacity) this.forget();
    return result;
  }

  state(): ToldResultsState {
    const { parameters } = this.space;
    const columns = leading + parameters.length;
    const rows = new Float64Array(this.kept.length * columns);
    const failures: string[] = [];
    this.kept.forEach(({ id, configuration, evaluation, measured }, k) => {
      const row = rows.subarray(k * columns, (k + 1) * columns);
      row[0] = id;
      row[1] = evaluation.kind === "value" ? valueKind : failureNumber(failures, evaluation.failure);
      row[2] = evaluation.kind === "value" ? evaluation.value : evaluation.severity;
      row[3] = measured.peakMemory ?? Number.NaN;
      row[4] = measured.progress ?? Number.NaN;
      row[5] = measured.cost ?? Number.NaN;
      parameters.forEach((parameter, p) => {
        row[leading + p] = toNumber(parameter, configuration[parameter.name]);
      });
    });
    return { told: this.countTold, failures, rows: Buffer.from(rows.buffer).toString("base64") };
  }

  static restore(space: SearchSpace, state: ToldResultsState, capacity?: number): ToldResults {
    const results = new ToldResults(space, capacity);
    results.countTold = state.told;
    const bytes = Uint8Array.from(Buffer.from(state.rows, "base64"));
    const rows = new Float64Array(bytes.buffer);
    const columns = leading + space.parameters.length;
    for (let start = 0; start + columns <= rows.length; start += columns) {
      const row = rows.subarray(start, start + columns);
      const configuration: Record<string, ParameterValue> = {};
      space.parameters.forEach((parameter, p) => {
        const value = fromNumber(parameter, row[leading + p] ?? Number.NaN);
        if (value !== undefined) configuration[parameter.name] = value;
      });
      results.kept.push({
        id: row[0] ?? 0,
        configuration,
        point: space.encode(configuration),
        evaluation: evaluationOf(row[1] ?? valueKind, row[2] ?? 0, state.failures),
        measured: {
          ...present("peakMemory", row[3]),
          ...present("progress", row[4]),
          ...present("cost", row[5]),
        },
      });
    }
    return results;
  }

  /** Makes room for a tenth of the capacity at once, so that one result costs little on average. */
  private forget(): void {
    const values = this.kept.flatMap(({ evaluation }) => (evaluation.kind === "value" ? [evaluation.value] : []));
    values.sort((a, b) => a - b);
    const middle = values[Math.floor(values.length / 2)] ?? Number.NEGATIVE_INFINITY;
    let excess = this.kept.length - Math.floor(0.9 * this.capacity);
    const kept = this.kept.filter(({ evaluation }) => {
      const worse = evaluation.kind === "failure" || evaluation.value >= middle;
      return !(worse && excess-- > 0);
    });
    this.kept.splice(0, this.kept.length, ...kept);
  }
}

function failureNumber(failures: string[], failure: string | undefined): number {
  if (failure === undefined) return unnamedFailure;
  const known = failures.indexOf(failure);
  return -1 - (known >= 0 ? known : failures.push(failure) - 1);
}

function evaluationOf(kind: number, value: number, failures: readonly string[]): Evaluation {
  if (kind === valueKind) return { kind: "value", value };
  const failure = failures[-1 - kind];
  return { kind: "failure", severity: value, ...(failure !== undefined && { failure }) };
}

/** Not a number where the parameter is inactive. */
function toNumber(parameter: Parameter, value: ParameterValue | undefined): number {
  if (value === undefined) return Number.NaN;
  if (parameter.kind === "categorical") return parameter.choices.indexOf(value);
  return Number(value);
}

function fromNumber(parameter: Parameter, number: number): ParameterValue | undefined {
  if (Number.isNaN(number)) return undefined;
  if (parameter.kind === "categorical") return parameter.choices[number];
  return parameter.kind === "boolean" ? number === 1 : number;
}

function present<Name extends keyof Measured>(name: Name, value: number | undefined): Measured {
  return value === undefined || Number.isNaN(value) ? {} : { [name]: value };
}

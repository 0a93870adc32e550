import type { Evaluation } from "../optimizer.js";
import type { ToldResult } from "../told-results.js";
import { type Axis, coordinatesOf } from "./axis.js";
import { activityOf } from "./groups.js";

interface Ranked {
  readonly id: number;
  readonly evaluation: Evaluation;
  readonly coordinates: Float64Array;
  /** Which parameters it has. */
  readonly activity: string;
}

/** How many of the successes are good. */
export interface SplitRule {
  readonly gamma: number;
  readonly gammaRule: "linear" | "sqrt";
  readonly mostGood: number;
}

export interface Split {
  /** Coordinates of the good results, the best first. */
  readonly good: readonly Float64Array[];
  /** Of all others; failures last, the worst at the end. */
  readonly bad: readonly Float64Array[];
}

/** Results in the order of their worth, kept sorted as they come. */
export class RankedResults {
  /** In the order of telling, as the results themselves are. */
  private readonly kept: Ranked[];
  private readonly sorted: Ranked[];
  private successes: number;

  constructor(
    private readonly axes: readonly Axis[],
    results: readonly ToldResult[],
  ) {
    this.kept = results.map((result) => this.rankedOf(result));
    this.sorted = [...this.kept].sort(compare);
    this.successes = this.sorted.filter(succeeded).length;
  }

  /** See `activityOf`, of all results. */
  get activities(): readonly string[] {
    return this.sorted.map(({ activity }) => activity);
  }

  add(result: ToldResult): void {
    const ranked = this.rankedOf(result);
    this.kept.push(ranked);
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.sorted[middle]!, ranked) <= 0) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, ranked);
    if (succeeded(ranked)) this.successes++;
  }

  /** Drops what is no longer among the results, which are in the order of telling. */
  keepOnly(results: readonly ToldResult[]): void {
    for (let k = 0; this.kept.length > results.length && k < this.kept.length; ) {
      const ranked = this.kept[k]!;
      if (ranked.id === results[k]?.id) {
        k++;
        continue;
      }
      this.kept.splice(k, 1);
      this.sorted.splice(this.sorted.indexOf(ranked), 1);
      if (succeeded(ranked)) this.successes--;
    }
  }

  /** Failures are never good: where all results failed, none is. */
  split({ gamma, gammaRule, mostGood }: SplitRule): Split {
    const n = this.successes;
    const wanted = Math.ceil(gamma * (gammaRule === "linear" ? n : Math.sqrt(n)));
    const count = Math.min(n, mostGood, wanted);
    const rows = this.sorted.map(({ coordinates }) => coordinates);
    return { good: rows.slice(0, count), bad: rows.slice(count) };
  }

  private rankedOf({ id, configuration, point, evaluation }: ToldResult): Ranked {
    const coordinates = coordinatesOf(this.axes, configuration, point);
    return { id, evaluation, coordinates, activity: activityOf(coordinates) };
  }
}

function succeeded({ evaluation }: Ranked): boolean {
  return evaluation.kind === "value";
}

/** Values before failures, ascending; failures by severity; what was told first where they are equal. */
function compare(a: Ranked, b: Ranked): number {
  if (a.evaluation.kind === "value") {
    if (b.evaluation.kind !== "value") return -1;
    return order(a.evaluation.value, b.evaluation.value) || a.id - b.id;
  }
  if (b.evaluation.kind === "value") return 1;
  return order(a.evaluation.severity, b.evaluation.severity) || a.id - b.id;
}

/** Not by difference, which overflows. */
function order(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

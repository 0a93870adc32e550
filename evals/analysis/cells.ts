import type { Run } from "../protocol/run.js";
import { meanSteps, type Step, valueAt } from "../statistics/index.js";
import { type KnownValues, normalisedRegret } from "../tasks/index.js";
import type { EffortUnit } from "./analysis.js";

/** A task as an analysis sees it. */
export interface ComparedTask {
  readonly task: string;
  /** Budget in trials, the start included. */
  readonly trials: number;
  readonly known: KnownValues;
}

/** Runs of one method on one task, one for each seed: their regrets as courses over trials and over simulated time. */
export class Cell {
  private readonly courses = new Map<EffortUnit, readonly (readonly Step[])[]>();
  private readonly means = new Map<EffortUnit, readonly Step[]>();

  constructor(
    readonly task: ComparedTask,
    /** In order of seeds. */
    readonly runs: readonly Run[],
    /** Within which incumbents count. */
    readonly end: number,
    readonly budget: EffortUnit,
  ) {}

  /** Normalised regret of each run. A trial counts from when it has ended, so that there is none before the start has. */
  byRun(unit: EffortUnit): readonly (readonly Step[])[] {
    let courses = this.courses.get(unit);
    if (courses === undefined) {
      courses = this.runs.map(({ incumbents }) =>
        incumbents.map(({ trial, time, value }) => ({
          at: unit === "trials" ? trial + 1 : time,
          value: normalisedRegret(this.task.known, value),
        })),
      );
      this.courses.set(unit, courses);
    }
    return courses;
  }

  /** Mean over runs. */
  course(unit: EffortUnit): readonly Step[] {
    let mean = this.means.get(unit);
    if (mean === undefined) {
      mean = meanSteps(this.byRun(unit));
      this.means.set(unit, mean);
    }
    return mean;
  }

  /** Regret of each run after so many trials. */
  after(trials: number | "end"): readonly number[] {
    const unit = trials === "end" ? this.budget : "trials";
    const at = trials === "end" ? this.end : Math.min(trials, unit === this.budget ? this.end : trials);
    return this.byRun(unit).map((steps) => valueAt(steps, at));
  }
}

/** All runs by task and method. */
export class Cells {
  private readonly cells = new Map<string, Cell>();
  /** Time where runs ended by time, otherwise trials. */
  readonly budget: EffortUnit;
  /** Whether simulated time says anything that the number of trials does not. */
  readonly timed: boolean;

  /** @throws RangeError where a method was not run on a task */
  constructor(
    runs: readonly Run[],
    readonly tasks: readonly ComparedTask[],
    readonly methods: readonly string[],
  ) {
    this.budget = runs.some(({ time }) => time !== undefined) ? "time" : "trials";
    this.timed = runs.some(({ done }) => Math.abs(done.time - done.trials) > 1e-9 * done.trials);
    const grouped = new Map<string, Run[]>();
    for (const run of runs) {
      const key = JSON.stringify([run.task, run.method]);
      const group = grouped.get(key);
      if (group) group.push(run);
      else grouped.set(key, [run]);
    }
    for (const task of tasks) {
      for (const method of methods) {
        const key = JSON.stringify([task.task, method]);
        const own = grouped.get(key);
        if (own === undefined) throw new RangeError(`There is no run of ${method} on ${task.task}.`);
        // Trials that run when the time is over still end.
        const end = this.budget === "trials" ? task.trials : Number.POSITIVE_INFINITY;
        this.cells.set(
          key,
          new Cell(
            task,
            own.toSorted((a, b) => a.seed - b.seed),
            end,
            this.budget,
          ),
        );
      }
    }
  }

  of({ task }: ComparedTask, method: string): Cell {
    const cell = this.cells.get(JSON.stringify([task, method]));
    if (cell === undefined) throw new RangeError(`${method} on ${task} is not compared.`);
    return cell;
  }

  /** All of one method. */
  column(method: string): readonly Cell[] {
    return this.tasks.map((task) => this.of(task, method));
  }

  /**
   * Where courses over a task end. In time: the time of the runs where that was the budget, otherwise the shortest of
   * the methods' mean times, so that a method with long trials is not compared with one that has ended.
   */
  horizon(task: ComparedTask, unit: EffortUnit): number {
    if (unit === "trials") return task.trials;
    const times = this.methods.map((method) => {
      const { runs } = this.of(task, method);
      return runs.reduce((sum, { time, done }) => sum + (time ?? done.time), 0) / runs.length;
    });
    return Math.min(...times);
  }
}

import type { Job, Run } from "./run.js";

/** How long the rest of an evaluation will take, from how long runs of each method have taken. */
export class TimeLeft {
  private readonly seconds = new Map<string, { runs: number; total: number }>();

  constructor(private readonly processes: number) {}

  note({ method, trials }: Run, seconds: number): void {
    const known = this.seconds.get(method) ?? { runs: 0, total: 0 };
    this.seconds.set(method, { runs: known.runs + trials, total: known.total + seconds });
  }

  /** Seconds; undefined while nothing is known. A method of which nothing is known takes as long as the others. */
  estimate(open: Iterable<Job>): number | undefined {
    let runs = 0;
    let total = 0;
    for (const each of this.seconds.values()) {
      runs += each.runs;
      total += each.total;
    }
    if (runs === 0) return undefined;
    let left = 0;
    for (const { method, trials } of open) {
      const known = this.seconds.get(method);
      left += (trials * (known?.total ?? total)) / (known?.runs ?? runs);
    }
    return left / this.processes;
  }
}

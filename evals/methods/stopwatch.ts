/** Adds up the wall time of pieces of work. */
export class Stopwatch {
  private milliseconds = 0;

  time<Result>(work: () => Result): Result {
    const before = performance.now();
    const result = work();
    this.milliseconds += performance.now() - before;
    return result;
  }

  async timeAsync<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = performance.now();
    const result = await work();
    this.milliseconds += performance.now() - before;
    return result;
  }

  add(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }

  /** Milliseconds since the last call of this. */
  lap(): number {
    const since = this.milliseconds;
    this.milliseconds = 0;
    return since;
  }
}

import type { Clock } from "../clock.js";

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private time: number;
  private readonly timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  /** Every delay that was asked for, in order. */
  readonly delays: number[] = [];

  constructor(private readonly epoch = Date.parse("2026-11-20T12:00:00Z")) {
    this.time = 0;
  }

  now(): number {
    return this.epoch + this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(milliseconds: number, callback: () => void): () => void {
    this.delays.push(milliseconds);
    const timer = { due: this.time + milliseconds, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Timers that are still running. */
  get pending(): number {
    return this.timers.size;
  }

  /** Goes on to a later moment, calling back whatever falls due on the way. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.next(); next !== undefined && next.due <= end; next = this.next()) this.fire(next);
    this.time = end;
  }

  /**
   * Runs a promise to its end: whenever nothing but time can move it on, the clock jumps to the next timer.
   * Only for work that does no input or output.
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const settled = promise.finally(() => {
      over = true;
    });
    settled.catch(() => {});
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (over) return settled;
      const next = this.next();
      if (next === undefined) throw new Error("the promise waits for something that is no timer");
      this.fire(next);
    }
  }

  private next(): { readonly due: number; readonly callback: () => void } | undefined {
    return [...this.timers].sort((a, b) => a.due - b.due)[0];
  }

  private fire(timer: { readonly due: number; readonly callback: () => void }): void {
    this.timers.delete(timer);
    this.time = Math.max(this.time, timer.due);
    timer.callback();
  }
}

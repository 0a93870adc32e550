/** Time, given from outside. */
export interface Clock {
  /** Milliseconds since the epoch: for records, never for decisions, since it can jump. */
  now(): number;
  /** Milliseconds from an arbitrary start on a clock that never jumps. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

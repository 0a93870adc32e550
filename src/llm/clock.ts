/** Time as the model client needs it; injected, so that a test decides when a deadline passes. */
export interface Clock {
  /** Milliseconds since the epoch. Only for dates that a server sends. */
  now(): number;
  /** Milliseconds that never run backwards, for durations. */
  monotonic(): number;
  /** Calls back once after `milliseconds`. @returns what cancels it */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Longest delay in milliseconds that a timer of the platform can hold; longer ones would fire at once. */
export const longestTimer = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, milliseconds), longestTimer));
    return () => clearTimeout(timer);
  },
};

/**
 * Tasks whose optimum is known, without third-party data: what an advisor is worth can be dialled on them. The names
 * of the last two say nothing about their problem.
 */
export const hybridTasks: readonly string[] = [
  "own/ellipsoid",
  "own/valley",
  "own/rotated",
  "own/few-matter",
  "own/ripples",
  "own/plateaus",
  "own/choices",
  "own/optimizer-choice",
  "own/divisible",
  "own/noisy",
  "own/memory-border",
  "own/divergence",
  "own/time-limit",
  "own/language-model",
  "bbob/f8-d5-i1",
  "bbob/f15-d10-i1",
];

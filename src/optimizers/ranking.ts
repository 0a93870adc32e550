import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Evaluation, Told } from "./optimizer.js";

/** Best first: values ascending, then failures by severity. */
export function compareEvaluations(a: Evaluation, b: Evaluation): number {
  // Not a difference: that of two values at the limits of floating point is infinite.
  if (a.kind === "value") return b.kind === "value" ? compare(a.value, b.value) : -1;
  return b.kind === "value" ? 1 : compare(a.severity, b.severity);
}

/** The best distinct configurations that succeeded and satisfy the constraints of a space, best first. */
export function bestConfigurations(
  space: SearchSpace,
  results: readonly Told[],
  count: number,
): readonly Configuration[] {
  const best = new Map<string, Configuration>();
  const ranked = [...results].sort((a, b) => compareEvaluations(a.evaluation, b.evaluation));
  for (const { configuration, evaluation } of ranked) {
    if (best.size >= count || evaluation.kind === "failure") break;
    const key = space.key(configuration);
    if (!best.has(key) && space.brokenConstraints(configuration).length === 0) best.set(key, configuration);
  }
  return [...best.values()];
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

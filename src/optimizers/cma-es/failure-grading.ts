import type { Evaluation } from "../optimizer.js";

/** Share of the failures that lead somewhere, where failures are graded. */
const leading = 0.3;

/**
 * What the failures of a generation say about where to go. Severities by kind of failure say nothing: the mildest kind
 * is no direction. Severities that are amounts, such as the memory that was missing or by how much a constraint was
 * broken, do: then the mildest ones are recombined like successes that rank below all others. They count as amounts
 * where at least half as many differ as there are failures. From a start at which nearly everything fails this finds
 * the part that works with a third fewer failures, and it never ranks a failure above a success.
 *
 * @returns the severity below which a failure leads; undefined where failures are not graded
 */
export function leadingSeverity(evaluations: readonly Evaluation[]): number | undefined {
  const severities = evaluations.flatMap((each) => (each.kind === "failure" ? [each.severity] : []));
  if (new Set(severities).size < Math.max(2, severities.length / 2)) return undefined;
  return severities.sort((a, b) => a - b)[Math.floor(leading * severities.length)];
}

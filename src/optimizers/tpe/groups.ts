import type { Axis } from "./axis.js";

/** Which parameters share a density; see {@link axisGroups}. */
export const dependences = ["joint", "grouped", "independent"] as const;
export type Dependence = (typeof dependences)[number];

/** Which axes have a coordinate, one character for each axis. */
export function activityOf(coordinates: Float64Array): string {
  let activity = "";
  for (const x of coordinates) activity += Number.isNaN(x) ? "0" : "1";
  return activity;
}

/**
 * The axes, as indices, that each have a density of their own: all of them together, each one alone, or in groups
 * of those that no configuration so far had one of without the others.
 *
 * @param activities what {@link activityOf} says of each configuration so far
 */
export function axisGroups(
  axes: readonly Axis[],
  activities: Iterable<string>,
  dependence: Dependence,
): readonly (readonly number[])[] {
  const all = axes.map((_, a) => a);
  if (dependence === "joint") return [all];
  if (dependence === "independent") return all.map((a) => [a]);
  const distinct = [...new Set(activities)];
  const groups = new Map<string, number[]>();
  for (const a of all) {
    const pattern = axes[a]?.conditional ? distinct.map((activity) => activity[a]).join("") : "always";
    const group = groups.get(pattern);
    if (group) group.push(a);
    else groups.set(pattern, [a]);
  }
  return [...groups.values()];
}

import type { Evidence, Group } from "../../evidence/index.js";
import { encodedDistance } from "../../space/encoded-distance.js";

/** A part of the space where several configurations have run. */
export interface Region {
  readonly groups: readonly Group[];
  /** The configuration it formed around. */
  readonly centre: Group;
}

/**
 * Groups the configurations that ran into at most `count` regions: centres are chosen farthest first, starting from
 * the incumbent (Gonzalez 1985), and every configuration joins its nearest centre. Deterministic.
 */
export function regions(evidence: Evidence, count: number): readonly Region[] {
  const groups = evidence.groups;
  const start = evidence.incumbent?.group ?? groups[0];
  if (start === undefined) return [];
  const points = new Map(groups.map((group) => [group, evidence.space.encode(group.configuration)]));
  const centres: Group[] = [start];
  const nearest = new Map<Group, { centre: Group; distance: number }>();
  const join = (centre: Group): void => {
    const at = points.get(centre)!;
    for (const group of groups) {
      const distance = encodedDistance(points.get(group)!, at);
      const before = nearest.get(group);
      if (before === undefined || distance < before.distance) nearest.set(group, { centre, distance });
    }
  };
  join(start);
  while (centres.length < Math.min(count, groups.length)) {
    let farthest: Group | undefined;
    let distance = 0;
    for (const group of groups) {
      const own = nearest.get(group)!.distance;
      if (own > distance) {
        farthest = group;
        distance = own;
      }
    }
    if (farthest === undefined) break;
    centres.push(farthest);
    join(farthest);
  }
  return centres.map((centre) => ({ centre, groups: groups.filter((group) => nearest.get(group)!.centre === centre) }));
}

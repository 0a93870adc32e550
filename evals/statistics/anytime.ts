/** A value from some point on, in trials or in time, until the next one. */
export interface Step {
  readonly at: number;
  readonly value: number;
}

/** The value at a point, the last one beyond the end; NaN before the first. */
export function valueAt(steps: readonly Step[], point: number): number {
  let value = Number.NaN;
  for (const step of steps) {
    if (step.at > point) break;
    value = step.value;
  }
  return value;
}

/** Mean of several courses, from where all of them have a value. */
export function meanSteps(courses: readonly (readonly Step[])[]): readonly Step[] {
  if (courses.length === 0) return [];
  const first = Math.max(...courses.map((steps) => steps[0]?.at ?? Number.POSITIVE_INFINITY));
  const points = new Set(courses.flatMap((steps) => steps.map(({ at }) => Math.max(first, at))));
  const next = courses.map(() => 0);
  return [...points]
    .sort((a, b) => a - b)
    .map((at) => {
      let sum = 0;
      for (const [k, steps] of courses.entries()) {
        while ((steps[next[k]!]?.at ?? Number.POSITIVE_INFINITY) <= at) next[k]! += 1;
        sum += steps[next[k]! - 1]?.value ?? Number.NaN;
      }
      return { at, value: sum / courses.length };
    });
}

/** Mean value between two points: the area under a course, divided by its width. NaN where it starts after `from`. */
export function meanBetween(steps: readonly Step[], from: number, to: number): number {
  if (!(to > from)) return valueAt(steps, from);
  let area = 0;
  let at = from;
  let value = valueAt(steps, from);
  for (const step of steps) {
    if (step.at <= from) continue;
    if (step.at >= to) break;
    area += value * (step.at - at);
    at = step.at;
    value = step.value;
  }
  return (area + value * (to - at)) / (to - from);
}

/** The point at which a course is at most `level` for the first time; undefined where it never is. */
export function effortToReach(steps: readonly Step[], level: number): number | undefined {
  return steps.find(({ value }) => value <= level)?.at;
}

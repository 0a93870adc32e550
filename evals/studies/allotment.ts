/** What the money of an evaluation is planned from, in US dollars. */
export interface Money {
  /** Most that the whole evaluation may cost. */
  readonly most: number;
  /** Spent by studies that have ended. */
  readonly spent: number;
  /** Caps of studies that have begun and not ended: they may still use all of it. */
  readonly promised: number;
  /** Studies that ask a model and have not begun. */
  readonly waiting: number;
}

/**
 * The cap of the next study that asks a model: an equal part of what is left, so that the last study can ask as much
 * as the first and all caps together never pass the limit. What a study leaves goes to those after it.
 */
export function allotment({ most, spent, promised, waiting }: Money): number {
  return Math.max(0, most - spent - promised) / Math.max(1, waiting);
}

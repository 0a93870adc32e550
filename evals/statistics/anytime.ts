/** A value from some trial on, until the next change: how an incumbent is kept. */
export interface Change {
  /** From 0, the start. */
  readonly trial: number;
  readonly value: number;
}

/** The value after so many trials, the last one where there were fewer; NaN before the first change. */
export function valueAfter(changes: readonly Change[], trials: number): number {
  let value = Number.NaN;
  for (const change of changes) {
    if (change.trial >= trials) break;
    value = change.value;
  }
  return value;
}

/** Values after 1, 2, ... `trials` trials. */
export function curve(changes: readonly Change[], trials: number): readonly number[] {
  const values: number[] = [];
  let next = 0;
  let value = Number.NaN;
  for (let trial = 0; trial < trials; trial++) {
    while ((changes[next]?.trial ?? Number.POSITIVE_INFINITY) <= trial) value = changes[next++]?.value ?? value;
    values.push(value);
  }
  return values;
}

/** Mean of several curves of one length, trial by trial. */
export function meanCurve(curves: readonly (readonly number[])[]): readonly number[] {
  const length = Math.min(...curves.map((each) => each.length));
  return Array.from({ length }, (_, k) => curves.reduce((sum, each) => sum + each[k]!, 0) / curves.length);
}

/** Number of trials after which a curve is at most `level` for the first time; undefined where it never is. */
export function trialsToReach(values: readonly number[], level: number): number | undefined {
  const at = values.findIndex((value) => value <= level);
  return at < 0 ? undefined : at + 1;
}

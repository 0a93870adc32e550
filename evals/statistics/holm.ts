/** Adjusts the p-values of several tests so that all hold together (Holm 1979); in the given order. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, k) => k).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((at, k) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - k) * pValues[at]!));
    adjusted[at] = largest;
  });
  return adjusted;
}

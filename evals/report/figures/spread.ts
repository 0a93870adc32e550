/**
 * Places for labels near where they belong, at least `gap` apart and between `low` and `high`; in the given order.
 * Where there is no room for all, they leave at the lower end.
 */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): readonly number[] {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const places = new Array<number>(wanted.length);
  let last = low - gap;
  for (const k of order) {
    last = Math.max(wanted[k]!, last + gap);
    places[k] = last;
  }
  let next = high + gap;
  for (const k of order.toReversed()) {
    next = Math.min(places[k]!, next - gap);
    places[k] = next;
  }
  return places;
}

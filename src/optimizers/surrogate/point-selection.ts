/**
 * Chooses at most `limit` of the points a model is fitted to, when there are more than it can afford: 40 % the
 * best, 20 % the most recent, and the rest filling space, each the farthest from all chosen so far. Depends on
 * nothing but its input.
 *
 * @param points distinct, in the order in which they were last measured
 * @param values one each, minimised
 * @returns ascending indices
 */
export function selectPoints(
  points: readonly Float64Array[],
  values: ArrayLike<number>,
  limit: number,
): readonly number[] {
  const n = points.length;
  if (n <= limit) return points.map((_, i) => i);
  const chosen = new Set<number>();
  const byValue = points.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
  for (const i of byValue.slice(0, Math.ceil(0.4 * limit))) chosen.add(i);
  const recent = Math.min(limit, chosen.size + Math.floor(0.2 * limit));
  for (let i = n - 1; i >= 0 && chosen.size < recent; i--) chosen.add(i);

  const distance = new Float64Array(n).fill(Infinity);
  const approach = (from: Float64Array): void => {
    for (let i = 0; i < n; i++) distance[i] = Math.min(distance[i]!, squaredDistance(points[i]!, from));
  };
  for (const i of chosen) approach(points[i]!);
  while (chosen.size < limit) {
    let farthest = -1;
    for (let i = 0; i < n; i++) {
      if (!chosen.has(i) && (farthest < 0 || distance[i]! > distance[farthest]!)) farthest = i;
    }
    chosen.add(farthest);
    approach(points[farthest]!);
  }
  return [...chosen].sort((a, b) => a - b);
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) sum += (a[f]! - b[f]!) ** 2;
  return sum;
}

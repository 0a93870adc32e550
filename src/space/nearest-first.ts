/**
 * All ways to pick one entry from each list, in ascending order of the sum of the picked costs.
 *
 * Best-first enumeration: from each pick, the next entry is taken in one list at a time, and only in lists from
 * the one that was last advanced on, so that every pick comes up exactly once. Costs only grow on the way, so the
 * cheapest pick waiting is the cheapest of all that are left. Memory grows with the number of picks taken.
 *
 * @param costs of the entries of each list, ascending
 * @returns the index of the picked entry of each list
 */
export function* nearestFirst(costs: readonly (readonly number[])[]): Generator<readonly number[]> {
  if (costs.some((list) => list.length === 0)) return;
  const heap: Pick[] = [];
  push(heap, { indices: costs.map(() => 0), from: 0, cost: costs.reduce((sum, list) => sum + (list[0] ?? 0), 0) });
  for (let pick = pop(heap); pick !== undefined; pick = pop(heap)) {
    yield pick.indices;
    for (let k = pick.from; k < costs.length; k++) {
      const index = pick.indices[k] ?? 0;
      const now = costs[k]?.[index];
      const next = costs[k]?.[index + 1];
      if (now === undefined || next === undefined) continue;
      push(heap, { indices: pick.indices.with(k, index + 1), from: k, cost: pick.cost - now + next });
    }
  }
}

interface Pick {
  readonly indices: readonly number[];
  /** First list that may still be advanced. */
  readonly from: number;
  readonly cost: number;
}

function push(heap: Pick[], pick: Pick): void {
  let at = heap.length;
  heap.push(pick);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]!.cost <= pick.cost) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = pick;
}

function pop(heap: Pick[]): Pick | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.cost < heap[child]!.cost) child++;
    if (heap[child]!.cost >= last.cost) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}

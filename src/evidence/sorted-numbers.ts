/** Puts a number into an ascending array, behind its equals. */
export function insertSorted(ascending: number[], value: number): void {
  ascending.splice(firstAbove(ascending, value), 0, value);
}

/** Takes one number out of an ascending array that contains it. */
export function removeSorted(ascending: number[], value: number): void {
  const position = firstAbove(ascending, value) - 1;
  if (ascending[position] === value) ascending.splice(position, 1);
}

/** Position of the first entry that is larger, by bisection. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

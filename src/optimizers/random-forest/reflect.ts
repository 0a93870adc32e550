/** Mirrors a coordinate that left [0, 1] back into it. */
export function reflect(x: number): number {
  const wrapped = Math.abs(x) % 2;
  return wrapped > 1 ? 2 - wrapped : wrapped;
}

/** Names in an order in which each comes after those it depends on, or a circle that makes it impossible. */
export type DependencyOrder =
  | { readonly ok: true; readonly order: readonly string[] }
  /** First and last name are the same: a -> b -> a. */
  | { readonly ok: false; readonly circle: readonly string[] };

/**
 * Depth-first topological order; among independent names the given order is kept.
 *
 * @param dependencies names that are not among `names` are ignored
 */
export function dependencyOrder(
  names: readonly string[],
  dependencies: (name: string) => readonly string[],
): DependencyOrder {
  const known = new Set(names);
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (name: string): readonly string[] | undefined => {
    if (done.has(name) || !known.has(name)) return undefined;
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    path.push(name);
    for (const dependency of dependencies(name)) {
      const circle = visit(dependency);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(name);
    return undefined;
  };

  for (const name of names) {
    const circle = visit(name);
    if (circle !== undefined) return { ok: false, circle };
  }
  return { ok: true, order: [...done] };
}

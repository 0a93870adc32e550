import { endFamily } from "./end-family.js";
import { ProcessFamily } from "./process-family.js";
import type { ProcessTable } from "./process-table.js";

/**
 * Ends everything that still carries one of the marks, after a crash of the controller that started it. Returns the
 * marks of which something was found.
 */
export async function reapMarks(
  marks: readonly string[],
  options: { readonly table: ProcessTable; readonly grace: number; readonly now: () => number },
): Promise<readonly string[]> {
  const found = await Promise.all(
    marks.map(async (mark) => {
      const family = new ProcessFamily(options.table, mark);
      const before = await family.refresh();
      if (before.length === 0) return [];
      await endFamily(family, options);
      return [mark];
    }),
  );
  return found.flat();
}

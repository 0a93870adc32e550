import { median } from "../../src/math/vector.js";
import type { Run } from "../protocol/run.js";
import { effortToReach, mean, valueAt } from "../statistics/index.js";
import type { Effort, OriginShare } from "./analysis.js";
import type { Cell, Cells } from "./cells.js";

/** The method that others are measured against in `toRandom`. */
const random = "random";

/** What each method spent, who proposed in it, and how soon it was where random search ends. */
export function effortsOf(cells: Cells): Effort[] {
  return cells.methods.map((method) => {
    const column = cells.column(method);
    const runs = column.flatMap((cell) => cell.runs);
    const origins = originsOf(column);
    return {
      method,
      runs: runs.length,
      trials: origins.reduce((sum, { trials }) => sum + trials, 0),
      failures: origins.reduce((sum, { failures }) => sum + failures, 0),
      overhead: {
        median: median(runs.map(({ overhead }) => overhead.median)),
        p95: median(runs.map(({ overhead }) => overhead.p95)),
        run: mean(runs.map(({ overhead }) => overhead.total)),
      },
      usage: usageOf(runs),
      toRandom: toRandomOf(cells, method),
      origins,
    };
  });
}

function originsOf(column: readonly Cell[]): OriginShare[] {
  const shares = new Map<string, OriginShare>();
  const share = (origin: string): OriginShare => {
    const found = shares.get(origin) ?? { origin, trials: 0, failures: 0, improvements: 0, finals: 0 };
    shares.set(origin, found);
    return found;
  };
  for (const { runs, end } of column) {
    for (const { origins, incumbents } of runs) {
      for (const [origin, { trials, failures }] of Object.entries(origins)) {
        const of = share(origin);
        of.trials += trials;
        of.failures += failures;
      }
      const counted = incumbents.filter(({ trial }) => trial < end);
      for (const { trial, origin } of counted) if (trial > 0) share(origin).improvements += 1;
      const last = counted.at(-1);
      if (last) share(last.origin).finals += 1;
    }
  }
  return [...shares.values()];
}

/** Null where no run asked a model; what one run does not know of prices is not known of all. */
function usageOf(runs: readonly Run[]): Effort["usage"] {
  const usages = runs.flatMap(({ usage }) => (usage === undefined ? [] : [usage]));
  if (usages.length === 0) return null;
  const sum = (of: (usage: (typeof usages)[number]) => number) => usages.reduce((total, each) => total + of(each), 0);
  const prices = usages.flatMap(({ usd }) => (usd === null ? [] : [usd]));
  return {
    calls: sum(({ calls }) => calls),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    usd: prices.length === usages.length ? prices.reduce((total, usd) => total + usd, 0) : null,
    seconds: sum(({ seconds }) => seconds),
  };
}

function toRandomOf(cells: Cells, method: string): Effort["toRandom"] {
  if (!cells.methods.includes(random)) return null;
  const unit = cells.budget;
  const shares = cells.tasks.map((task) => {
    const end = cells.horizon(task, unit);
    const search = cells.of(task, random).course(unit);
    const level = valueAt(search, end) * (1 + 1e-12);
    const own = effortToReach(cells.of(task, method).course(unit), level);
    const needed = effortToReach(search, level);
    return own === undefined || own > end || needed === undefined ? Number.POSITIVE_INFINITY : own / needed;
  });
  const middle = median(shares);
  return {
    share: Number.isFinite(middle) ? middle : null,
    reached: shares.filter(Number.isFinite).length,
  };
}

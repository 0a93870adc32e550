import type { Evidence } from "../../evidence/index.js";
import { duration, megabytes } from "../../evidence/numbers.js";
import type { Setting } from "../advisor.js";

/** What complete trials used of the limits: how much room there is, and for configurations of what size. */
export function measuredUse(evidence: Evidence, limits: Setting["limits"]): string {
  const complete = evidence.trials.filter(({ outcome }) => outcome.kind === "complete");
  const lines: string[] = [];
  const use = (name: string, values: readonly number[], limit: number | undefined, show: (value: number) => string) => {
    if (values.length === 0) return;
    const sorted = [...values].sort((a, b) => a - b);
    const [low, median, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((k) => show(sorted[k]!));
    const range = low === high ? low : `${low} to ${high}, median ${median}`;
    lines.push(`- ${name} ${range}${limit === undefined ? "" : `; the limit is ${show(limit)}`}`);
  };
  use(
    "time",
    complete.flatMap(({ seconds }) => seconds ?? []),
    limits.seconds,
    duration,
  );
  use(
    "peak memory",
    complete.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []),
    limits.memoryBytes,
    megabytes,
  );
  return lines.join("\n");
}

import type { SearchSpace } from "../space/search-space.js";
import type { CodeDocument, VersionEntry } from "../study/code/code-document.js";
import type { PairOfValues } from "../study/code/code-reading.js";
import { counted, type ValueFormat, valueFormat } from "./value-format.js";

/** Format for everything that is said about the versions of a study. */
export function codeFormat({ versions, noise }: Pick<CodeDocument, "versions" | "noise">): ValueFormat {
  return valueFormat(
    versions.flatMap(({ best }) => best?.mean ?? []),
    noise ?? undefined,
  );
}

/** "0.972 ± 0.001"; "-" where no run of it can be an answer. */
export function estimateText({ best }: Pick<VersionEntry, "best">, format: ValueFormat): string {
  if (best === null) return "-";
  return best.deviation === 0 ? format(best.mean) : `${format(best.mean)} ± ${format(best.deviation)}`;
}

/** "0.009 (0.007 to 0.011)"; empty where there is none. */
export function gainText({ gain }: Pick<VersionEntry, "gain">, format: ValueFormat): string {
  return gain === null ? "" : `${format(gain.mean)} (${format(gain.low)} to ${format(gain.high)})`;
}

/** "lr=0.01 depth=8", in the space's order; none where there is no best. */
export function assignmentsText(space: SearchSpace, { best }: Pick<VersionEntry, "best">): string | undefined {
  if (best === null) return undefined;
  return space.parameters
    .flatMap(({ name }) => {
      const value = best.configuration[name];
      return value === undefined ? [] : [`${name}=${space.format(name, value, 12)}`];
    })
    .join(" ");
}

/** "0.980 -> 0.950, mean of 3 pairs": first of the one it had to beat, then its own. */
export function meansText(pairs: readonly PairOfValues[], format: ValueFormat): string {
  const mean = (side: "candidate" | "against") =>
    format(pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length);
  return `${mean("against")} -> ${mean("candidate")}, mean of ${counted(pairs.length, "pair")}`;
}

/** "1 flag", "2 flags". */
export function flagsText({ flags }: Pick<VersionEntry, "flags">): string {
  return counted(flags.length, "flag");
}

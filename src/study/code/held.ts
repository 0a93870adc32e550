import type { CodeSettings } from "../../code/settings.js";
import type { CodeVersion } from "../../code/version.js";
import { median } from "../../math/vector.js";

/**
 * Flags after which a gain may be luck or a shorter way to the same number, however the run is scored: an evaluation
 * apart from the edited code does not help against a checkpoint that runs code when it is loaded, nor against code that
 * cannot be read in the diff and may write one.
 */
const alwaysDoubtful: ReadonlySet<string> = new Set(["seed", "time-budget", "serialised-code", "dynamic-code"]);
/** Flags after which the edited code may itself have made the number, where it takes part in scoring. */
const doubtfulUnscored: ReadonlySet<string> = new Set([
  "metric-output",
  "evaluation-import",
  "monkeypatch",
  "holdout",
  "early-exit",
]);
/** A gain that takes so many times the wall time of its parent is bought, not found. */
const longestRatio = 1.25;

/**
 * Why a version that passed the gate is held back for a person to judge, or undefined where nothing is in doubt. A flag
 * alone only makes the gate stricter; what matters is whether the edited code could have come by its gain another way
 * than by training better.
 *
 * @param seconds wall time of both sides' runs in the pairs, as the controller measured it
 */
export function heldReason(
  version: Pick<CodeVersion, "flags">,
  settings: Pick<CodeSettings, "evaluate">,
  seconds: { readonly candidate: readonly number[]; readonly parent: readonly number[] },
): string | undefined {
  const scoredApart = settings.evaluate !== undefined && settings.evaluate.sees === "base";
  const doubtful = version.flags.filter(
    ({ rule }) => alwaysDoubtful.has(rule) || (!scoredApart && doubtfulUnscored.has(rule)),
  );
  const first = doubtful[0];
  if (first !== undefined) {
    const more = doubtful.length > 1 ? ` and ${doubtful.length - 1} more` : "";
    return `Held for you to judge: ${first.file}, line ${first.line}${more}: ${first.why}`;
  }
  const ratio = median(seconds.candidate) / median(seconds.parent);
  if (ratio > longestRatio)
    return `Held for you to judge: its runs take ${ratio.toFixed(1)} times as long as its parent's.`;
  return undefined;
}

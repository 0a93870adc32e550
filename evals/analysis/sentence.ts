import { counted } from "../../src/report/value-format.js";
import type { Contrast, EffortUnit, SpeedUpResult } from "./analysis.js";
import { pEquals, regretText, timesText, timesUp } from "./wording.js";

/**
 * Why nothing could be shown, where there are too few tasks for a family of contrasts: the same for all that do not end
 * equal, and so said once. Undefined where there are enough.
 */
export function tooFewTasks(contrasts: readonly Contrast[]): string | undefined {
  const contrast = contrasts.find(({ verdict }) => verdict === "too few");
  if (contrast === undefined) return undefined;
  const { wins, losses, ties, family } = contrast;
  const tasks = wins + losses + ties;
  return `${counted(tasks, "task")} ${tasks === 1 ? "is" : "are"} too few for ${family > 1 ? `${family} contrasts` : "the test"}, whatever the runs show`;
}

/** What one contrast shows, in a sentence that claims no more than its test does. */
export function contrastSentence(contrast: Omit<Contrast, "sentence">): string {
  const { a, b, wins, losses, ties, adjusted, family, verdict, speedUp } = contrast;
  const tasks = wins + losses + ties;
  const corrected = family > 1 ? ` after correction (Holm, ${family} contrasts)` : "";
  switch (verdict) {
    case "better":
    case "worse": {
      const [winner, loser] = verdict === "better" ? [a, b] : [b, a];
      const [won, speed] = verdict === "better" ? [wins, speedUp] : [losses, inverse(speedUp)];
      const equal = ties > 0 ? ` (${ties} equal)` : "";
      return `${winner} beats ${loser} on ${won} of ${counted(tasks, "task")}${equal}, p ${pEquals(adjusted)}${corrected}, median ${speedText(speed, speedUp.unit)}`;
    }
    case "equal":
      return `${a} and ${b} end equal on all ${counted(tasks, "task")}`;
    case "too few":
      return `no difference between ${a} and ${b} could be shown (${a} better on ${wins} of ${tasks}; median ${speedText(speedUp, speedUp.unit)})`;
    case "not shown": {
      const shown = `p ${pEquals(adjusted)}${family > 1 ? " after correction" : ""}; ${a} better on ${wins} of ${tasks}${ties > 0 ? `, ${ties} equal` : ""}`;
      return `no difference between ${a} and ${b} could be shown (${shown}); ${[boundText(contrast), detectableText(contrast)].filter((part) => part !== "").join("; ")}`;
    }
  }
}

/** `1.8 times fewer trials (95 % 1.4 to 2.2)`. */
function speedText({ median, interval }: SpeedUpResult, unit: EffortUnit): string {
  const fewer = median >= 1;
  const times = (ratio: number) => timesText(fewer ? ratio : 1 / ratio);
  const ends = interval && (fewer ? [interval.low, interval.high] : [interval.high, interval.low]);
  const what = unit === "trials" ? (fewer ? "fewer trials" : "more trials") : fewer ? "less time" : "more time";
  return `${times(median)} times ${what}${ends ? ` (95 % ${ends.map(times).join(" to ")})` : ""}`;
}

function inverse({ median, interval }: SpeedUpResult): SpeedUpResult {
  return { median: 1 / median, interval: interval && { low: 1 / interval.high, high: 1 / interval.low }, atMost: null };
}

function boundText({ speedUp, family }: Omit<Contrast, "sentence">): string {
  if (speedUp.atMost === null) return "";
  return `the first needs at most ${timesUp(speedUp.atMost)} times the ${speedUp.unit} of the second (95 %${family > 1 ? ", corrected" : ""})`;
}

function detectableText({ detectable: { ratio, regret }, speedUp: { unit } }: Omit<Contrast, "sentence">): string {
  const parts = [
    ...(ratio === null ? [] : [`${timesUp(ratio)} times ${unit === "trials" ? "fewer trials" : "less time"}`]),
    ...(regret === null ? [] : [`${regretText(regret)} less regret`]),
  ];
  return `this suite could have shown ${parts.join(" or ") || "nothing"}`;
}

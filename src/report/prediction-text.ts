import type { ConfigurationPrediction } from "../study/prediction.js";
import type { StudyReading } from "../study/summary.js";
import { evidenceOf } from "../study/version-evidence.js";
import { configurationTable } from "./configuration-table.js";
import { printable, wrap } from "./terminal-text.js";
import { evidenceFormat } from "./trial-line.js";

/** What the models expect of a configuration, in sentences; what they cannot know is said to be unknown. */
export function predictionText(reading: StudyReading, prediction: ConfigurationPrediction, width = 80): string {
  const { metric, value, calibration, failure, from } = prediction;
  const evidence = evidenceOf(reading);
  const { space } = evidence;
  const format = evidenceFormat(evidence);
  const origin = from === "default" ? "the default" : `trial ${from}, the best so far`;
  const lines = [
    `a configuration of ${printable(reading.record.name)}${reading.head === undefined ? "" : `, code ${reading.head}`}; what you did not give is as in ${origin}`,
    "",
    ...configurationTable(space, prediction.configuration, space.derive(prediction.configuration), width),
    "",
  ];
  if (value === null) {
    lines.push(...wrap(`${metric}: too few trials have completed to say anything.`, width));
  } else if (value.support === "far") {
    const where = value.beyond.length === 0 ? "" : ` in ${value.beyond.join(", ")}`;
    lines.push(...wrap(`${metric}: far from the data${where}; no trial near it says what to expect.`, width));
  } else {
    const { trial, expected, mean } = value;
    lines.push(
      ...wrap(
        `${metric}: ${format(mean)} expected; one trial within ${format(trial.low)} to ${format(trial.high)}, many on average within ${format(expected.low)} to ${format(expected.high)} (80 %).`,
        width,
      ),
    );
  }
  if (calibration.coverage !== null) {
    const share = Math.round(100 * calibration.coverage);
    const held = `${share} % of ${calibration.configurations} configurations that the model had not seen lay in their 80 % interval`;
    const verdict = calibration.verdict === "calibrated" ? "" : ", so do not rely on it";
    lines.push(...wrap(`Checked: ${held}${verdict}.`, width));
  }
  if (failure !== null) {
    const nearest =
      failure.nearest.length === 0 ? "" : `; the failed trials most like it: ${failure.nearest.join(", ")}`;
    lines.push(...wrap(`Likely to fail: ${Math.round(100 * failure.probability)} %${nearest}.`, width));
  }
  return lines.join("\n");
}

import { SearchSpace } from "../space/search-space.js";
import { versionEntry } from "../study/code/code-document.js";
import { type CodeReading, findVersion, pairedRuns, versionReading } from "../study/code/code-reading.js";
import { printable } from "./terminal-text.js";
import { counted, valueFormat } from "./value-format.js";
import { assignmentsText, meansText } from "./version-words.js";

/**
 * What the commit of a version says in the person's repository: the change and why, what was measured and how that can
 * be traced, and what a person should look at. A line for each paragraph; git's readers wrap them.
 */
export function versionMessage(reading: CodeReading, id: string): string {
  const version = findVersion(reading, id);
  const entry = versionEntry(reading, version);
  const { record, settings } = reading.study;
  const { hypothesis, flags, gain, status, reason } = entry;
  const paired = pairedRuns(reading, id);
  const measured: string[] = [];
  if (paired !== undefined && paired.pairs.length > 0) {
    const { against, pairs, sameNumbers } = paired;
    const format = valueFormat(
      pairs.flatMap((pair) => [pair.candidate, pair.against]),
      undefined,
    );
    const { metric } = settings.objective;
    const shown =
      gain === null ? "" : `, gain ${format(gain.mean)} (95 % interval ${format(gain.low)} to ${format(gain.high)})`;
    measured.push(`Measured: ${metric} ${meansText(pairs, format)} against ${against}${shown}`);
    if (sameNumbers.length > 0) {
      measured.push(`Measured with the same numbers: ${metric} ${meansText(sameNumbers, format)}`);
    }
    measured.push(`Seeds: ${pairs.map(({ seed }) => seed).join(", ")}`);
  }
  const assignments = assignmentsText(SearchSpace.from(versionReading(reading, id).settings.space), entry);
  const facts = [
    ...measured,
    ...(assignments === undefined || assignments === "" || entry.best === null
      ? []
      : [`Best configuration: ${assignments} (trial ${entry.best.trial}, from ${counted(entry.best.runs, "run")})`]),
    `Status: ${status}. ${printable(reason)}`,
    ...flags.map(({ file, line, rule, why }) => `Flag: ${printable(`${file}:${line} (${rule}) ${why}`)}`),
    `Study: ${printable(record.name)} (${record.id}), version ${id}`,
  ];
  return [printable(entry.summary), printable(hypothesis), facts.join("\n")].filter((part) => part !== "").join("\n\n");
}

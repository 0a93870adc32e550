import type { ParameterFields } from "../space/index.js";
import { SearchSpace } from "../space/search-space.js";
import type { VersionEntry } from "../study/code/code-document.js";
import { type CodeReading, pairedRuns, versionReading } from "../study/code/code-reading.js";
import { diffText } from "./diff-text.js";
import { padEnd, printable, wrap } from "./terminal-text.js";
import { trialsTable } from "./trials-table.js";
import { counted, valueFormat } from "./value-format.js";
import { assignmentsText, estimateText, meansText } from "./version-words.js";

const labelWidth = 12;

export interface VersionTextOptions {
  /** Unified diff to its parent; empty for the first version. */
  readonly diff: string;
  readonly width: number;
  readonly colour?: boolean;
}

/**
 * One version in full: what was changed and why, what was expected and what was measured, what became of it, what a
 * person should look at, its trials, and its diff.
 */
export function codeVersionText(reading: CodeReading, entry: VersionEntry, options: VersionTextOptions): string {
  const { diff, width, colour = false } = options;
  const own = versionReading(reading, entry.id);
  const blocks = [
    headLines(reading, entry, width),
    measureLines(reading, entry, width),
    declarationLines(entry, width),
    flagLines(entry, width),
    ["Trials", trialsTable(own, width)],
    ...(diff === "" ? [] : [[`Diff to ${entry.parent ?? ""}`, diffText(diff, colour)]]),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function labelled(label: string, text: string, width: number): readonly string[] {
  return wrap(printable(text), width - labelWidth).map(
    (part, k) => `${padEnd(k === 0 ? label : "", labelWidth)}${part}`,
  );
}

function headLines({ study }: CodeReading, entry: VersionEntry, width: number): readonly string[] {
  const { id, parent, head, status, reason, summary, hypothesis, lines, reintroduced } = entry;
  const sentence = `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}`.replace(/[^.!?]$/, "$&.");
  return [
    `${id} of ${printable(study.record.name)}${parent === null ? "" : `, made from ${parent}`}${head ? ", the head" : ""}`,
    "",
    ...labelled("Change", summary, width),
    ...(hypothesis === "" ? [] : labelled("Hypothesis", hypothesis, width)),
    ...labelled("Status", `${status}. ${sentence}`, width),
    ...labelled(
      "Lines",
      parent === null
        ? `${lines.total} in the editable files`
        : `${lines.added} added, ${lines.removed} removed, ${lines.total} in the editable files`,
      width,
    ),
    ...(reintroduced === null || reintroduced.lines === 0
      ? []
      : labelled(
          "",
          `${reintroduced.lines} of ${counted(reintroduced.of, "added line")} had been deleted before (${reintroduced.versions.join(", ")})`,
          width,
        )),
  ];
}

/** Expected against measured. */
function measureLines(reading: CodeReading, entry: VersionEntry, width: number): readonly string[] {
  const { metric } = reading.study.settings.objective;
  const { id, expected, gain, best } = entry;
  const space = SearchSpace.from(versionReading(reading, entry.id).settings.space);
  const paired = pairedRuns(reading, entry.id);
  const pairs = paired?.pairs ?? [];
  const format = valueFormat(
    [...(best === null ? [] : [best.mean]), ...pairs.flatMap(({ candidate, against }) => [candidate, against])],
    undefined,
  );
  const lines: string[] = [];
  if (expected !== null) lines.push(...labelled("Expected", `a gain of ${Number(expected.toPrecision(3))}`, width));
  if (paired !== undefined) {
    const { against, sameNumbers } = paired;
    const shown =
      gain === null
        ? `compared with ${against}`
        : `a gain of ${format(gain.mean)} over ${against}, 95 % interval ${format(gain.low)} to ${format(gain.high)}, from ${counted(gain.pairs, "pair")} of runs on fresh seeds`;
    lines.push(...labelled("Measured", shown, width));
    if (pairs.length > 0) lines.push(...labelled("", `${metric} ${meansText(pairs, format)}`, width));
    if (sameNumbers.length > 0) {
      lines.push(...labelled("", `${metric} ${meansText(sameNumbers, format)}, both with the numbers of ${id}`, width));
    }
  }
  const assignments = assignmentsText(space, entry);
  if (best !== null) {
    lines.push(
      ...labelled(
        "Best",
        `${metric} ${estimateText(entry, format)}, estimated from ${counted(best.runs, "run")}, trial ${best.trial}`,
        width,
      ),
    );
  }
  if (assignments !== undefined && assignments !== "") lines.push(...labelled("", assignments, width));
  return lines;
}

function declarationLines({ declares, removes }: VersionEntry, width: number): readonly string[] {
  return [
    ...Object.entries(declares).flatMap(([name, fields], k) =>
      labelled(k === 0 ? "Declares" : "", `${name}: ${rangeText(fields)}`, width),
    ),
    ...(removes.length === 0 ? [] : labelled("Removes", removes.join(", "), width)),
  ];
}

function rangeText(fields: ParameterFields): string {
  const parts =
    fields.type === "categorical"
      ? [`one of ${fields.choices.join(", ")}`]
      : fields.type === "boolean"
        ? ["true or false"]
        : [`${fields.type} from ${fields.low} to ${fields.high}`, ...(fields.scale === "log" ? ["log"] : [])];
  return [...parts, ...(fields.default === undefined ? [] : [`default ${fields.default}`])].join(", ");
}

function flagLines({ flags }: VersionEntry, width: number): readonly string[] {
  return flags.flatMap(({ rule, file, line, text, why }, k) => [
    ...labelled(k === 0 ? "Look at" : "", `${file}:${line} (${rule}) ${why}`, width),
    ...labelled("", `> ${text.trim()}`, width),
  ]);
}

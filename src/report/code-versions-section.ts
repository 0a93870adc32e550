import { baseVersion } from "../code/version.js";
import type { StudyReading, Summary } from "../study/summary.js";
import { codeEventText, codeStandingText } from "./code-lines.js";
import { fruitlessTurns } from "./coder-turns.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { markdownCode, markdownTable, markdownText } from "./markdown-text.js";
import { printable } from "./terminal-text.js";
import type { ValueFormat } from "./value-format.js";
import { gainText } from "./version-words.js";

/** Turns of the coder without a version that the report lists, the latest. */
const mostTurns = 40;

/**
 * Every version of the code with what became of it and why, what a person should look at in its diff, and the turns
 * that gave none; empty where the code is not searched.
 *
 * @param format of gains, which are in the objective's units
 */
export function codeVersionsSection(
  reading: StudyReading,
  { code }: Summary,
  format: ValueFormat,
  at: Whereabouts,
): string {
  if (code === null) return "";
  const versions = [...reading.versions.values()];
  const rows = versions.map(({ id, parent, status, summary, gain, flags }) => [
    id === code.head ? `**${id}**` : id,
    parent ?? "-",
    status,
    markdownText(summary),
    gain === undefined ? "-" : `${gainText({ gain }, format)}, ${gain.pairs}`,
    flags.length === 0 ? "-" : String(flags.length),
  ]);
  const reasons = versions
    .filter(({ id }) => id !== baseVersion)
    .map(({ id, status, reason }) => `- ${id}, ${status}: ${markdownText(printable(reason))}`);
  const flagged = versions.flatMap(({ id, flags }) =>
    flags.map(
      ({ file, line, rule, text, why }) =>
        `- ${id}, ${markdownCode(`${file}:${line}`)} (${markdownText(rule)}): ${markdownText(why)} ${markdownCode(text.trim())}`,
    ),
  );
  return [
    "## Code versions",
    `${markdownText(`The answer runs on ${codeStandingText(code)}.`)} ${markdownCode(commandText("code tree", at))} shows them, ${markdownCode(commandText(`code show ${code.head}`, at))} one with its diff.`,
    markdownTable(
      [
        { title: "version" },
        { title: "parent" },
        { title: "status" },
        { title: "change" },
        { title: "gain (95 % interval), pairs", align: "right" },
        { title: "to look at", align: "right" },
      ],
      rows,
    ),
    "A gain is over the version that was the answer at the time, from runs of both on the same fresh seeds; positive is better. A version is kept only when its gain is beyond the noise, whatever the number of versions that were tried.",
    ...(reasons.length === 0 ? [] : [reasons.join("\n")]),
    ...(flagged.length === 0 ? [] : ["### To look at in their diffs", flagged.join("\n")]),
    ...turnsWithout(reading),
  ].join("\n\n");
}

function turnsWithout({ events }: StudyReading): readonly string[] {
  const lines = fruitlessTurns(events).map((turn) => `- ${markdownText(codeEventText(turn) ?? "")}`);
  if (lines.length === 0) return [];
  const shown = lines.slice(-mostTurns);
  const cut = lines.length - shown.length;
  return [
    "### Edits that were refused, and turns without one",
    [...(cut === 0 ? [] : [`- the last ${mostTurns} of ${lines.length}:`]), ...shown].join("\n"),
  ];
}

import { baseVersion } from "../code/version.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Summary } from "../study/summary.js";
import { formatDuration } from "../trials/quantity.js";
import { parameterChanges } from "./changed-parameters.js";
import { codeStandingText } from "./code-lines.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { costText } from "./cost-text.js";
import { padEnd, printable, wrap } from "./terminal-text.js";
import { textTable } from "./text-table.js";
import { counted } from "./value-format.js";
import { summaryFormat, verdictOf, warningsOf } from "./verdict.js";

const labelWidth = 10;

/**
 * The end of a run for a terminal, in at most 80 columns: the answer first, then what it rests on, then what to do next.
 *
 * @param space of the version that is the answer
 * @param at where the study is, for the commands that come next
 * @param base space of the code as it was given, where the code is searched
 */
export function textSummary(
  summary: Summary,
  space: SearchSpace,
  columns = 80,
  at: Whereabouts = {},
  base: SearchSpace = space,
): string {
  const width = Math.max(40, Math.min(80, columns));
  const line = (label: string, text: string): readonly string[] => labelled(label, text, width);
  const blocks = [
    wrap(`${printable(summary.study.name)}: ${verdictOf(summary).sentence}`, width),
    measuredLines(summary),
    changeLines(summary, space, base, width),
    proposalLines(summary, width),
    [
      ...(summary.code === null ? [] : line("Code", codeStandingText(summary.code))),
      ...line("Failures", failuresText(summary)),
      ...line("Noise", noiseText(summary)),
      ...line("Cost", costText(summary)),
      ...line(
        "Time",
        `${formatDuration(summary.seconds)} for ${counted(summary.trials.search + summary.trials.replicate + summary.trials.gate, "trial")} of the search${summary.trials.final === 0 ? "" : ` and ${counted(summary.trials.final, "final run")}`}${summary.trials.unfinished === 0 ? "" : `, ${summary.trials.unfinished} of them not finished`}`,
      ),
      ...(summary.study.stop === null ? [] : line("Stopped", summary.study.stop.detail)),
    ],
    warningsOf(summary, at).flatMap((warning) => line("Warning", warning)),
    [
      ...(summary.report === null ? [] : [`${padEnd("Report", labelWidth)}${summary.report}`]),
      ...nextSteps(summary, at).flatMap((step, k) => line(k === 0 ? "Next" : "", step)),
    ],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** A label and its text, wrapped with the text's left edge kept. */
export function labelled(label: string, text: string, columns: number): readonly string[] {
  return wrap(text, columns - labelWidth).map((line, k) => `${padEnd(k === 0 ? label : "", labelWidth)}${line}`);
}

function measuredLines(summary: Summary): readonly string[] {
  const { default: start, best, noise } = summary;
  const format = summaryFormat(summary);
  const rows: string[] = [];
  for (const [name, measured] of [
    ["default", start],
    ["best", best],
  ] as const) {
    if (measured === null) continue;
    const { fresh, estimate } = measured;
    const value =
      fresh !== null
        ? `${format(fresh.mean)}${fresh.values.length > 1 ? ` ± ${format(fresh.deviation)}` : ""} on ${counted(fresh.values.length, "fresh seed")}`
        : estimate !== null
          ? `${format(estimate.mean)}${noise === null ? "" : ` ± ${format(estimate.deviation)}`} estimated from ${counted(estimate.runs, "run")}`
          : "no run completed";
    const from = name === "best" ? `, trial ${measured.trial} by ${measured.origin}` : `, trial ${measured.trial}`;
    const code = measured.version === undefined ? "" : ` on ${measured.version}`;
    rows.push(`  ${padEnd(name, 9)}${value}${from}${code}`);
    if (name === "default" && best?.trial === measured.trial) break;
  }
  return rows;
}

function changeLines(summary: Summary, space: SearchSpace, base: SearchSpace, width: number): readonly string[] {
  const { best, default: start } = summary;
  if (best === null || best.trial === start?.trial) return [];
  const all = parameterChanges(space, start?.configuration ?? base.defaults(), best.configuration, base);
  const changed = all.filter((each) => each.changed);
  const same = all.length - changed.length;
  const rows = changed.map(({ name, from, to, unit }) => [
    "",
    name,
    from ?? "not active",
    "→",
    `${to ?? "not active"}${unit === undefined || to === undefined ? "" : ` ${unit}`}`,
  ]);
  const { lines } = textTable(
    [
      { title: "" },
      { title: "", most: 32 },
      { title: "", align: "right", most: 16 },
      { title: "" },
      { title: "", most: 24 },
    ],
    rows,
    width,
  );
  return [
    `Changed (${changed.length} of ${counted(all.length, "parameter")}${same === 0 ? "" : `; the other ${same === 1 ? "one stays" : `${same} stay`} as in the default`})`,
    ...lines.slice(1),
  ];
}

function proposalLines({ proposals, trials }: Summary, width: number): readonly string[] {
  const entries = Object.entries(proposals).sort(([, a], [, b]) => b.improved - a.improved || b.trials - a.trials);
  if (entries.length === 0) return [];
  const fallbacks = entries.some(([, entry]) => entry.fallbacks > 0);
  const { lines } = textTable(
    [
      { title: "Proposed by", most: 32 },
      { title: "trials", align: "right" },
      { title: "failed", align: "right" },
      { title: "became the best", align: "right" },
      ...(fallbacks ? [{ title: "instead of the advisor", align: "right" as const }] : []),
    ],
    entries.map(([origin, entry]) => [
      origin,
      String(entry.trials),
      String(entry.failed),
      // The default is where the search starts; it improves on nothing.
      origin === "default" ? "-" : String(entry.improved),
      ...(fallbacks ? [String(entry.fallbacks)] : []),
    ]),
    width,
  );
  return trials.replicate === 0
    ? lines
    : [...lines, `and ${counted(trials.replicate, "repeat")} of known configurations on new seeds`];
}

export function failuresText({ trials, failures }: Pick<Summary, "trials" | "failures">): string {
  if (trials.failed === 0) return `none of ${counted(trials.total - trials.unfinished, "trial")}`;
  const kinds = Object.entries(failures)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`);
  return `${trials.failed} of ${counted(trials.total - trials.unfinished, "trial")}: ${kinds.join(", ")}`;
}

export function noiseText(summary: Summary): string {
  const { noise, default: start, best } = summary;
  const pooled = [start, best].flatMap((each) => (each?.fresh ? [each.fresh] : []));
  if (noise === null) {
    return pooled.some(({ values }) => values.length > 1)
      ? "not measured in the search; the spread of the final runs is above"
      : "not measured: no configuration ran twice";
  }
  if (noise.deviation === 0) return "none: runs with different seeds gave the same value";
  return `${Number(noise.deviation.toPrecision(2))} between seeds (standard deviation, from ${counted(noise.degreesOfFreedom, "repeat")})`;
}

/** How the person gets the code of the answer, where that is another than their own. */
export function codeSteps(version: string | undefined, at: Whereabouts): readonly string[] {
  if (version === undefined || version === baseVersion) return [];
  return [`${commandText(`code apply ${version}`, at)} makes a branch with its code`];
}

/** One a line, so that each can be copied whole. */
function nextSteps({ study, best }: Summary, at: Whereabouts): readonly string[] {
  if (study.status === "open") {
    return [
      `${commandText("resume", { ...at, study: study.id })} goes on`,
      `${commandText("status", at)} shows how it stands`,
    ];
  }
  if (best === null) return [`${commandText("show 0", at)} shows a trial with the end of its log`];
  return [
    `${commandText("best", at)} prints the configuration`,
    `${commandText(`show ${best.trial}`, at)} shows its run`,
    ...codeSteps(best.version, at),
  ];
}

import { baseVersion } from "../code/version.js";
import type { HolderIdentity, StudyRecord } from "../store/index.js";
import { readSnapshot } from "../study/snapshot.js";
import { goesOnBy, storedDefinition } from "../study/stored-definition.js";
import type { StudyReading, Summary } from "../study/summary.js";
import { evidenceByVersion, type VersionEvidence } from "../study/version-evidence.js";
import { formatDuration } from "../trials/quantity.js";
import { bestSoFar } from "./best-so-far.js";
import { parameterChanges } from "./changed-parameters.js";
import { codeStandingText, tryingText } from "./code-lines.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { costText } from "./cost-text.js";
import { studyChart } from "./study-chart.js";
import { printable, wrap } from "./terminal-text.js";
import { codeSteps, failuresText, labelled, noiseText } from "./text-summary.js";
import { counted } from "./value-format.js";
import { verdictOf, warningsOf } from "./verdict.js";

/** Who works on a study at this moment, as `Store.holder` says; undefined for nobody. */
type Holder = HolderIdentity | "unknown" | undefined;

/**
 * How a study stands: is it being worked on, how far is it, what is the best so far, what to do next.
 *
 * @param options.at where the study is, for the commands that come next
 * @param options.evidence of this reading, where it is there already
 */
export function statusText(
  reading: StudyReading,
  summary: Summary,
  holder: Holder,
  {
    width = 80,
    at = {},
    evidence = evidenceByVersion(reading),
  }: { readonly width?: number; readonly at?: Whereabouts; readonly evidence?: VersionEvidence } = {},
): string {
  const { settings, record } = reading;
  const chartWidth = Math.min(width, 100);
  // Two dots of the chart a column: more of the course could not be seen.
  const every = Math.ceil(evidence.trials.length / (2 * chartWidth));
  const { trials } = summary;
  const used = trials.search + trials.replicate + trials.gate;
  const { budget } = settings;
  const limits = [
    ...(budget.trials === undefined ? [] : [`${used} of ${counted(budget.trials, "trial")}`]),
    ...(budget.seconds === undefined
      ? []
      : [`${formatDuration(summary.seconds)} of ${formatDuration(budget.seconds)}`]),
  ];
  const final = trials.final === 0 ? [] : [`${counted(trials.final, "final run")}`];
  const waiting = trials.unfinished === 0 ? [] : [`${trials.unfinished} of them not finished`];
  const line = (label: string, text: string): readonly string[] => labelled(label, text, width);
  const blocks = [
    [
      ...wrap(`${printable(record.name)} (${record.id}): ${stateText(record.status, holder)}`, width),
      ...line("Progress", [...limits, ...final, ...waiting].join(", ")),
      ...line("So far", verdictOf(summary).sentence),
      ...(summary.best === null ? [] : line("Best", bestLine(evidence, summary.best))),
      ...(summary.code === null ? [] : line("Code", codeText(reading, summary.code))),
      ...line(
        "With",
        `${summary.optimizer} and ${summary.advisor === null ? "no advisor" : `the advisor ${summary.advisor}`}, seed ${summary.study.seed}`,
      ),
      ...line("Failures", failuresText(summary)),
      ...line("Noise", noiseText(summary)),
      ...line("Cost", costText(summary)),
      ...(summary.study.stop === null ? [] : line("Stopped", summary.study.stop.detail)),
    ],
    studyChart(evidence, bestSoFar(reading, Math.max(1, every)), chartWidth, 10),
    warningsOf(summary, at).flatMap((warning) => line("Warning", warning)),
    nextSteps(record, summary, holder, at).flatMap((step, k) => line(k === 0 ? "Next" : "", step)),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function stateText(status: "open" | "finished", holder: Holder): string {
  if (status === "finished") return "finished";
  if (holder === undefined) return "stopped; nobody works on it";
  if (holder === "unknown") return "running";
  return `running, process ${holder.pid} on ${holder.host} since ${new Date(holder.since).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The answer's version, what became of the others, and what is under trial now. */
function codeText({ snapshot }: StudyReading, code: NonNullable<Summary["code"]>): string {
  const state = snapshot === undefined ? undefined : readSnapshot(snapshot.version, snapshot.text).code;
  const trying = tryingText({ trying: state?.trying });
  return `${codeStandingText(code)}${trying === undefined ? "" : `; now ${trying}`}`;
}

function bestLine(evidence: VersionEvidence, best: NonNullable<Summary["best"]>): string {
  const version = best.version ?? baseVersion;
  const { space } = evidence.of(version);
  const base = evidence.base.space;
  const changed = parameterChanges(space, base.defaults(), best.configuration, base).filter((each) => each.changed);
  const values = changed.map(({ name, to }) => `${name} ${to ?? "not active"}`).join(", ");
  const code = version === baseVersion ? "" : ` on ${version}`;
  return `trial ${best.trial} by ${best.origin}${code}${values === "" ? (code === "" ? ", the default" : ", the default numbers") : `: ${values}`}`;
}

function nextSteps(record: StudyRecord, { best }: Summary, holder: Holder, at: Whereabouts): readonly string[] {
  const elsewhere = goesOnBy(storedDefinition(record));
  const resume = commandText("resume", { ...at, study: record.id });
  if (record.status === "finished") {
    return [
      `${commandText("best", at)} prints the configuration`,
      ...codeSteps(best?.version, at),
      `${commandText("report", at)} writes the report`,
      ...(elsewhere === undefined ? [`${resume} --trials N searches on`] : []),
    ];
  }
  if (holder === undefined) return [elsewhere === undefined ? `${resume} goes on` : elsewhere];
  return [`${commandText("trials", at)} lists the trials`, `${commandText("show N", at)} shows one`];
}

import { baseVersion, versionOf } from "../code/version.js";
import type { OptimizerView } from "../optimizers/optimizer.js";
import type { SearchSpace } from "../space/search-space.js";
import type { TrialRecord } from "../store/index.js";
import { goesOnBy, storedDefinition } from "../study/stored-definition.js";
import type { StudyReading, Summary } from "../study/summary.js";
import type { VersionEvidence } from "../study/version-evidence.js";
import { failureKinds } from "../trials/outcome.js";
import { formatDuration, formatSize } from "../trials/quantity.js";
import { unansweredText } from "./advice-text.js";
import { advisorTurns } from "./advisor-turns.js";
import type { BestSoFar } from "./best-so-far.js";
import { changesText } from "./change-text.js";
import { parameterChanges } from "./changed-parameters.js";
import { codeVersionsSection } from "./code-versions-section.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { costText } from "./cost-text.js";
import { markdownBlock, markdownCode, markdownTable, markdownText } from "./markdown-text.js";
import { storedView } from "./optimizer-state.js";
import { packageVersion } from "./package-version.js";
import { worthByOrigin } from "./proposal-worth.js";
import { shellWord } from "./shell-word.js";
import { type StudyChanges, studyChanges } from "./study-changes.js";
import { studyChart } from "./study-chart.js";
import { failuresText, noiseText } from "./text-summary.js";
import { evidenceFormat, purposeAndOrigin } from "./trial-line.js";
import { columnNames, outcomeText } from "./trials-table.js";
import { counted, type ValueFormat } from "./value-format.js";
import { summaryFormat, verdictOf, warningsOf } from "./verdict.js";

const chartWidth = 96;
const chartHeight = 16;
/** Trials that the report lists; the journal has them all. */
const mostTrials = 500;

/**
 * The report of a study as Markdown that stands alone: the answer first, then everything that it rests on. Text from
 * logs and models is quoted, never markup.
 *
 * @param course how the incumbent went
 * @param chart name of the drawing next to the report
 * @param at what its commands must be told to find the study, wherever the report is read
 */
export function reportMarkdown(
  reading: StudyReading,
  evidence: VersionEvidence,
  course: readonly BestSoFar[],
  summary: Summary,
  chart: string | undefined,
  at: Whereabouts,
): string {
  const { space } = evidence.now;
  const sections = [
    answerSection(reading, summary, at),
    configurationSection(evidence, summary, at),
    codeVersionsSection(reading, summary, evidenceFormat(evidence), at),
    chartSection(evidence, course, chart),
    proposalSection(evidence, course, summary),
    failureSection(reading, evidence, summary),
    noiseSection(summary),
    optimizerSection(space, storedView(reading)),
    advisorSection(reading, summary),
    `## Cost\n\n${markdownText(`Model calls: ${costText(summary)}.`)} The search worked for ${formatDuration(summary.seconds)}.`,
    trialsSection(reading, evidence, at),
    changesSection(reading),
    reproduceSection(reading, at),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function answerSection(reading: StudyReading, summary: Summary, at: Whereabouts): string {
  const { record, settings, trials } = reading;
  const elsewhere = goesOnBy(storedDefinition(record));
  const format = summaryFormat(summary);
  const { objective, study } = summary;
  const state =
    study.status === "open"
      ? `not finished; ${elsewhere === undefined ? `${markdownCode(commandText("resume", at))} goes on` : markdownText(elsewhere)}`
      : `finished: ${markdownText(study.stop?.detail ?? "")}`;
  const rows = (
    [
      ["default", summary.default],
      ["**best**", summary.best],
    ] as const
  ).flatMap(([name, measured]) =>
    measured === null
      ? []
      : [
          [
            name,
            `${measured.trial}`,
            ...(summary.code === null ? [] : [measured.version ?? baseVersion]),
            markdownText(measured.origin),
            measured.fresh === null ? "-" : `${format(measured.fresh.mean)} ± ${format(measured.fresh.deviation)}`,
            measured.fresh === null ? "-" : measured.fresh.values.map(format).join(", "),
            measured.estimate === null
              ? "-"
              : `${format(measured.estimate.mean)} (${counted(measured.estimate.runs, "run")})`,
          ],
        ],
  );
  const warnings = warningsOf(summary, at).map((warning) => `> ⚠ ${markdownText(warning)}`);
  return [
    `# ${markdownText(study.name)}`,
    `**${markdownText(verdictOf(summary).sentence)}**`,
    ...(warnings.length === 0 ? [] : [warnings.join("\n>\n")]),
    markdownTable(
      [
        { title: "" },
        { title: "trial", align: "right" },
        ...(summary.code === null ? [] : [{ title: "code" }]),
        { title: "proposed by" },
        { title: "fresh seeds", align: "right" },
        { title: "each", align: "right" },
        { title: "estimate in the search", align: "right" },
      ],
      rows,
    ),
    [
      `Objective: ${objective.direction} ${markdownCode(objective.metric)}.`,
      `${counted(trials.length, "trial")}, ${markdownText(summary.optimizer)} with ${summary.advisor === null ? "no advisor" : `the advisor ${markdownText(summary.advisor)}`}; ${state}.`,
      ...(settings.objective.constraints.length === 0
        ? []
        : [`The answer must satisfy ${settings.objective.constraints.map(markdownCode).join(" and ")}.`]),
      ...codeSentence(reading, summary, at),
      "Values on fresh seeds were measured after the search, on seeds that it never used; ± is the standard deviation between seeds.",
    ].join(" "),
  ].join("\n\n");
}

/** Which code the answer runs on, and how to get it. */
function codeSentence({ versions }: StudyReading, { best }: Summary, at: Whereabouts): readonly string[] {
  const version = best?.version;
  if (version === undefined) return [];
  if (version === baseVersion) return ["The answer runs on the code as it was given."];
  const change = versions.get(version)?.summary;
  return [
    `The answer runs on code version ${version}${change === undefined ? "" : ` (${markdownText(change)})`}; ${markdownCode(commandText(`code apply ${version}`, at))} makes a branch with it in your repository.`,
  ];
}

function configurationSection(evidence: VersionEvidence, { best, default: start }: Summary, at: Whereabouts): string {
  if (best === null) return "";
  const { space } = evidence.of(best.version ?? baseVersion);
  const base = evidence.base.space;
  const rows = parameterChanges(space, start?.configuration ?? base.defaults(), best.configuration, base).map(
    ({ name, from, to, unit, changed }) => {
      const value = to === undefined ? "not active" : markdownCode(to);
      return [
        markdownCode(name),
        from === undefined ? "not active" : markdownCode(from),
        changed ? `**${value}**` : "as before",
        markdownText(unit ?? ""),
      ];
    },
  );
  return `## Configuration\n\n${markdownTable(
    [
      { title: "parameter" },
      { title: "default", align: "right" },
      { title: "best", align: "right" },
      { title: "unit" },
    ],
    rows,
  )}\n\n${markdownCode(commandText("best", at))} prints it ready to copy, with every digit.`;
}

function chartSection(evidence: VersionEvidence, course: readonly BestSoFar[], chart: string | undefined): string {
  const lines = studyChart(evidence, course, chartWidth, chartHeight);
  if (chart === undefined && lines.length === 0) return "";
  return [
    "## Course",
    ...(chart === undefined ? [] : [`![Value of each trial and the best so far](${chart})`]),
    ...(lines.length === 0 ? [] : [markdownBlock(lines)]),
  ].join("\n\n");
}

function proposalSection(evidence: VersionEvidence, course: readonly BestSoFar[], summary: Summary): string {
  const worth = worthByOrigin(course, evidence.objective);
  const format = evidenceFormat(evidence);
  const origins = Object.entries(summary.proposals);
  if (origins.length === 0) return "";
  const rows = origins.map(([origin, entry]) => {
    const own = worth.get(origin);
    const isDefault = origin === "default";
    return [
      markdownText(origin),
      `${entry.trials}`,
      `${entry.failed}`,
      isDefault ? "-" : `${own?.improved ?? 0}`,
      isDefault ? "-" : format(own?.gained ?? 0),
      `${entry.fallbacks}`,
    ];
  });
  return [
    "## Who proposed what, and what it was worth",
    markdownTable(
      [
        { title: "proposed by" },
        { title: "trials", align: "right" },
        { title: "failed", align: "right" },
        { title: "became the best", align: "right" },
        { title: "gained", align: "right" },
        { title: "instead of the advisor", align: "right" },
      ],
      rows,
    ),
    `Gained: by how much the incumbent's estimated value improved when one of these proposals took over, summed.${summary.code === null ? "" : " What a code version brought is not in it."}`,
  ].join("\n\n");
}

/** Configurations of one kind of failure that the report quotes. */
const mostExamples = 8;

function failureSection({ trials }: StudyReading, evidence: VersionEvidence, summary: Summary): string {
  if (summary.trials.failed === 0) return "## Failures\n\nNo trial failed.";
  const kinds = failureKinds.flatMap((kind) => {
    const failed = trials.filter(({ outcome }) => outcome?.kind === "failed" && outcome.failure === kind);
    if (failed.length === 0) return [];
    const items = failed.slice(0, mostExamples).map((trial) => {
      const message = trial.outcome?.kind === "failed" ? trial.outcome.message : "";
      return `- trial ${trial.number} (${markdownText(purposeAndOrigin(trial))}${trial.proposal.version === undefined ? "" : ` on ${trial.proposal.version}`}): ${markdownCode(message)}\n  with ${markdownCode(configurationText(evidence, trial))}`;
    });
    const more = failed.length > mostExamples ? [`- and ${failed.length - mostExamples} more`] : [];
    return [`### ${markdownText(kind)}: ${failed.length}\n\n${[...items, ...more].join("\n")}`];
  });
  return [`## Failures`, `${markdownText(failuresText(summary))}.`, ...kinds].join("\n\n");
}

/** What differs from the default; the rest is known. */
function configurationText(evidence: VersionEvidence, { proposal }: TrialRecord): string {
  const { space } = evidence.of(versionOf(proposal));
  const changed = parameterChanges(space, space.defaults(), proposal.configuration).filter((each) => each.changed);
  if (changed.length === 0) return "the default configuration";
  return changed.map(({ name, to }) => `${name}=${to ?? "(not active)"}`).join(" ");
}

function noiseSection(summary: Summary): string {
  return `## Noise\n\n${markdownText(`Noise floor: ${noiseText(summary)}.`)} A configuration replaces the incumbent by its estimated true value, which weighs a lucky run against the noise.`;
}

function optimizerSection(space: SearchSpace, view: OptimizerView | undefined): string {
  if (view === undefined) return "";
  const facts = [
    `${markdownText(view.optimizer)}, ${counted(view.generation, "update")}, ${counted(view.told, "result")} told`,
    ...(view.populationSize === undefined ? [] : [`population size ${view.populationSize}`]),
    ...(view.stepSize === undefined
      ? []
      : [`step size ${view.stepSize.value.toPrecision(3)} (${view.stepSize.initial.toPrecision(3)} at the start)`]),
    ...(view.stop === undefined ? [] : [`stopped: ${markdownText(`${view.stop.reason}, ${view.stop.detail}`)}`]),
  ];
  const parts = ["## Optimizer's final state", `${facts.join("; ")}.`];
  if (view.numeric !== undefined && view.numeric.length > 0) {
    parts.push(
      markdownTable(
        [
          { title: "parameter" },
          { title: "mean", align: "right" },
          { title: "one sigma", align: "right" },
          { title: "share of the range", align: "right" },
        ],
        view.numeric.map(({ name, mean, low, high, deviation }) => [
          markdownCode(name),
          markdownText(space.format(name, mean)),
          `${space.format(name, low)} to ${space.format(name, high)}`,
          `${(100 * Math.min(1, 2 * deviation)).toFixed(0)} %`,
        ]),
      ),
    );
  }
  if (view.categorical !== undefined && view.categorical.length > 0) {
    parts.push(
      view.categorical
        .map(({ name, probabilities }) => {
          const choices = [...probabilities]
            .sort((a, b) => b.probability - a.probability)
            .map(({ choice, probability }) => `${markdownText(String(choice))} ${(100 * probability).toFixed(0)} %`);
          return `- ${markdownCode(name)}: ${choices.join(", ")}`;
        })
        .join("\n"),
    );
  }
  if (view.correlations !== undefined && view.correlations.length > 0) {
    const pairs = view.correlations.map(({ a, b, r }) => `${markdownCode(a)} and ${markdownCode(b)} (${r.toFixed(2)})`);
    parts.push(`Learned correlations beyond sampling noise: ${pairs.join(", ")}.`);
  }
  return parts.join("\n\n");
}

function advisorSection({ events, trials }: StudyReading, { advice }: Summary): string {
  const turns = advisorTurns(events);
  if (turns.length === 0) return "";
  const trialsOf = (turn: number): string =>
    trials
      .filter(({ proposal }) => proposal.turn === turn && proposal.purpose !== "final")
      .map(({ number }) => String(number))
      .join(", ");
  const rows = turns.flatMap((turn) => {
    const where = [`${turn.turn}`, trialsOf(turn.turn)];
    if (turn.type === "advice.failed") {
      return [[...where, `**no answer** (${markdownText(turn.failure)})`, markdownText(turn.message)]];
    }
    const decided = turn.decisions.map(({ action, reason }) => [...where, markdownText(action), markdownText(reason)]);
    return turn.note === undefined ? decided : [...decided, [...where, "note", markdownText(turn.note)]];
  });
  const unanswered = Object.entries(advice).flatMap(([advisor, each]) => {
    const text = unansweredText(each);
    return text === undefined ? [] : [`${markdownText(advisor)} gave ${markdownText(text)}`];
  });
  return [
    "## Advisor's turns",
    `${counted(turns.length, "turn")}.${unanswered.length === 0 ? "" : ` ${unanswered.join("; ")}. The optimizer's proposals ran instead.`} Reasons are the advisor's own words.`,
    markdownTable(
      [{ title: "turn", align: "right" }, { title: "trials", align: "right" }, { title: "did" }, { title: "reason" }],
      rows,
    ),
  ].join("\n\n");
}

function trialsSection({ trials, versions }: StudyReading, evidence: VersionEvidence, at: Whereabouts): string {
  const format = evidenceFormat(evidence);
  const best = evidence.now.incumbent?.group.first.number;
  const shown = trials.slice(-mostTrials);
  const columns = { ...columnNames(evidence, trials), versions: versions.size > 1 };
  const cut = trials.length - shown.length;
  return [
    "## Trials",
    ...(cut === 0
      ? []
      : [
          `The last ${mostTrials} of ${counted(trials.length, "trial")}; ${markdownCode(`${commandText("trials", at)} --json`)} has all.`,
        ]),
    markdownTable(
      [
        { title: "trial", align: "right" },
        ...(columns.versions ? [{ title: "code" }] : []),
        { title: "from" },
        { title: markdownText(evidence.objective.metric), align: "right" },
        ...[...columns.parameters, ...columns.derived].map((name) => ({
          title: markdownText(name),
          align: "right" as const,
        })),
        { title: "time", align: "right" },
        { title: "peak memory", align: "right" },
        { title: "seed", align: "right" },
      ],
      shown.map((trial) => trialRow(trial, evidence, columns, format, best)),
    ),
  ].join("\n\n");
}

interface TrialColumns extends ReturnType<typeof columnNames> {
  readonly versions: boolean;
}

function trialRow(
  trial: TrialRecord,
  evidence: VersionEvidence,
  columns: TrialColumns,
  format: ValueFormat,
  best: number | undefined,
): string[] {
  const version = versionOf(trial.proposal);
  const { space } = evidence.of(version);
  const outcome = markdownText(outcomeText(trial, format));
  return [
    `${trial.number}`,
    ...(columns.versions ? [version] : []),
    markdownText(purposeAndOrigin(trial)),
    trial.number === best ? `**${outcome}**` : outcome,
    ...columns.parameters.map((name) => {
      const value = trial.proposal.configuration[name];
      return value === undefined ? "" : markdownText(space.format(name, value));
    }),
    ...columns.derived.map((name) => {
      const value = trial.derived[name];
      return value === undefined ? "" : String(Number(value.toPrecision(4)));
    }),
    trial.seconds === undefined ? "" : formatDuration(trial.seconds),
    trial.peakMemoryBytes === undefined ? "" : formatSize(trial.peakMemoryBytes),
    `${trial.seed}`,
  ];
}

const options: Readonly<Record<string, string>> = {
  trials: "--trials",
  time: "--time",
  cost: "--cost",
  tokens: "--tokens",
  parallel: "--parallel",
  optimizer: "--optimizer",
  model: "--advisor",
  baseUrl: "--base-url",
  share: "--share",
  review: "--review",
  edit: "--edit",
  sandbox: "--sandbox",
};

function changesSection({ events }: StudyReading): string {
  const changes = studyChanges(events);
  if (changes.length === 0) return "";
  const items = changes.map(
    (each) =>
      `- ${new Date(each.at).toISOString()}, after ${counted(each.finished, "finished trial")}: ${markdownText(changesText(each.changes))}`,
  );
  return [
    "## Changes on the way",
    items.join("\n"),
    "Values on fresh seeds are those of the last end; final runs of an earlier one are among the trials.",
  ].join("\n\n");
}

function reproduceSection(reading: StudyReading, at: Whereabouts): string {
  const { record, events, settings } = reading;
  const stored = storedDefinition(record);
  const versions = `agent-tune ${packageVersion()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  const facts = [
    `- seed of the study: ${record.seed}; every trial's own seed is in the table above`,
    `- definition ${markdownCode(record.definitionHash)}, study ${markdownCode(record.id)}, begun ${new Date(record.createdAt).toISOString()}`,
    `- report written by ${markdownText(versions)}`,
    `- optimizer ${markdownCode(settings.optimizer)}, advisor's share ${markdownText(String(settings.share))}`,
  ];
  if (stored.from !== "file") {
    return [
      "## How to reproduce",
      facts.join("\n"),
      `The study was started by a ${stored.from}, with an objective of its own.`,
    ].join("\n\n");
  }
  const changes = studyChanges(events);
  const answered = events.some(({ type }) => type === "advice.received") && reading.spend.settled.calls > 0;
  const steps = (more: string): readonly string[] => [
    `agent-tune run --config ${shellWord(stored.path)} --seed ${record.seed}${flags(beforeChanges(stored.overrides, changes))}${more}`,
    ...changes.map(
      (each) =>
        `agent-tune resume${flags(Object.fromEntries(each.changes.map(({ setting, to }) => [setting, to])))}${more} # after ${counted(each.finished, "finished trial")}`,
    ),
  ];
  const commands = answered
    ? [
        ...steps(""),
        "# the same proposals again, from what the model said then, without a network:",
        `${commandText("recording", at)} > recording.jsonl`,
        ...steps(" --replay recording.jsonl"),
      ]
    : steps("");
  return [
    "## How to reproduce",
    facts.join("\n"),
    markdownBlock(commands, "sh"),
    "With one trial at a time the same seed gives the same proposals, as far as the training runs give the same values.",
    `<details><summary>Study file as it was</summary>\n\n${markdownBlock(stored.text.trimEnd().split("\n"), "yaml")}\n\n</details>`,
  ].join("\n\n");
}

type Setting = number | string | readonly string[] | null;

function flags(said: Readonly<Record<string, Setting | undefined>>): string {
  return Object.entries(said)
    .flatMap(([key, value]) => {
      const option = options[key];
      if (option === undefined || value == null) return [];
      const words = typeof value === "object" ? value : [key === "time" ? `${value}s` : String(value)];
      return [` ${option} ${words.map(shellWord).join(" ")}`];
    })
    .join("");
}

/** What was said when the study began: of each setting that was changed, what it had been before. */
function beforeChanges(
  overrides: Readonly<Record<string, Setting | undefined>>,
  changes: readonly StudyChanges[],
): Readonly<Record<string, Setting | undefined>> {
  const before = [...changes].reverse().flatMap((each) => each.changes.map(({ setting, from }) => [setting, from]));
  return { ...overrides, ...Object.fromEntries(before) };
}

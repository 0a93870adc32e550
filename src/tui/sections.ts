import { baseVersion, shownOrigin } from "../code/version.js";
import type { OptimizerView } from "../optimizers/optimizer.js";
import { unansweredText } from "../report/advice-text.js";
import { type ChartRow, failureSeries, lineSeries, referenceSeries } from "../report/braille-chart.js";
import { parameterChanges } from "../report/changed-parameters.js";
import { tryingText } from "../report/code-lines.js";
import { originMark } from "../report/origin-mark.js";
import { chartLegend, nothingToDraw, studyBrailleChart } from "../report/study-chart.js";
import { displayWidth, padEnd, padStart, printable, wrap } from "../report/terminal-text.js";
import { evidenceFormat, roughly, versionAndOrigin } from "../report/trial-line.js";
import { outcomeText } from "../report/trials-table.js";
import { counted, dollars, percent } from "../report/value-format.js";
import type { TrialRecord } from "../store/index.js";
import { formatDuration } from "../trials/quantity.js";
import type { RunState } from "./run-state.js";
import { sparkline } from "./sparkline.js";
import { bold, clip, coloured, dim, plain, type Span, type StyledLine, spread } from "./styled-line.js";

/** Sections of the screen: each a function of what is known and the room there is. */

export function headerLines(state: RunState, width: number): readonly StyledLine[] {
  const { study } = state;
  const { progress } = study;
  const phase = { search: "search", final: "final runs on fresh seeds", done: "done" }[progress.phase];
  const sides = state.advisor === null ? `${state.optimizer} alone` : `${state.optimizer} with ${state.advisor}`;
  const title: StyledLine = [bold(printable(study.settings.name)), dim(`  ${sides}`)];
  return [spread(title, [dim(`${state.resumed ? "resumed, " : ""}${phase}`)], width), progressLine(state, width)];
}

function progressLine(state: RunState, width: number): StyledLine {
  const { progress } = state.study;
  const { trials, trialsUsed, seconds, secondsUsed } = progress;
  const { finished } = state.searched;
  const used =
    progress.phase === "search"
      ? trials !== undefined
        ? `${finished}/${trials} trials`
        : `${counted(trialsUsed, "trial")}`
      : `final run ${state.finals.done}/${state.finals.total}`;
  const time =
    seconds === undefined
      ? formatDuration(Math.round(secondsUsed))
      : `${formatDuration(Math.round(secondsUsed))} of ${formatDuration(seconds)}`;
  const left =
    progress.secondsLeft === undefined || progress.phase === "done"
      ? ""
      : `, about ${formatDuration(Math.max(1, roughly(progress.secondsLeft)))} left`;
  const text = `  ${used}  ${time}${left}`;
  const share =
    progress.phase === "search"
      ? Math.max(trials === undefined ? 0 : finished / trials, seconds === undefined ? 0 : secondsUsed / seconds)
      : state.finals.total === 0
        ? 1
        : state.finals.done / state.finals.total;
  const room = width - displayWidth(text);
  if (room < 8) return clip([plain(text.trim())], width);
  const full = Math.round(Math.min(1, share) * room);
  return [coloured("green", "━".repeat(full)), dim("─".repeat(room - full)), plain(text)];
}

/** Best so far, each trial by the letter and colour of who proposed it. */
export function chartSection(state: RunState, width: number, height: number): readonly StyledLine[] {
  const { evidence } = state;
  const { progress } = state.study;
  const { objective } = evidence;
  if (evidence.trials.length === 0) {
    return [[dim(`${objective.metric}: the first trial runs the configuration as it is today`)]];
  }
  const nothing = nothingToDraw(evidence);
  if (nothing !== undefined) return [clip([dim(nothing)], width)];
  const chart = studyBrailleChart(evidence, state.course, {
    width,
    height: height - 1,
    ...(progress.trials === undefined ? {} : { xHigh: progress.trials }),
  });
  return [...chart.rows.map(chartRow), [dim(chart.axis)], clip(legendLine(chartLegend(evidence, width)), width)];
}

function chartRow({ label, cells }: ChartRow): StyledLine {
  const spans: Span[] = [dim(`${label} ${label.trim() === "" ? "│" : "┤"}`)];
  let text = "";
  let series: string | undefined;
  const flush = (): void => {
    if (text !== "") spans.push(styleOf(series, text));
    text = "";
  };
  for (const cell of cells) {
    if (cell.series !== series) flush();
    ({ series } = cell);
    text += cell.character;
  }
  flush();
  return spans;
}

function styleOf(series: string | undefined, text: string): Span {
  switch (series) {
    case undefined:
      return plain(text);
    case lineSeries:
      return coloured("green", text);
    case referenceSeries:
      return dim(text);
    case failureSeries:
      return coloured("red", text);
    default:
      return { text, colour: originMark(series).terminal, bold: true };
  }
}

function legendLine(legend: string): StyledLine {
  return legend.split("   ").flatMap((entry, k): Span[] => {
    const [mark = "", ...rest] = entry.split(" ");
    const name = rest.join(" ");
    const colour = mark === "×" ? "red" : mark === "⠒" ? "green" : originMark(name).terminal;
    return [plain(k === 0 ? "" : "   "), { text: mark, colour, bold: true }, dim(` ${name}`)];
  });
}

/** Default against incumbent, by estimate. */
export function standingLines(state: RunState, width: number): readonly StyledLine[] {
  const { evidence, space, codeStanding } = state.study;
  const format = evidenceFormat(evidence);
  const given = codeStanding === undefined || codeStanding.head === baseVersion ? evidence : state.evidence.base;
  const start = given.group(given.space.defaults());
  const base = start === undefined ? undefined : given.estimate(start);
  const { incumbent } = evidence;
  const value = (estimate: { readonly mean: number; readonly deviation: number }): string =>
    `${format(estimate.mean)}${evidence.noise === undefined || evidence.noise.deviation === 0 ? "" : ` ± ${format(estimate.deviation)}`}`;
  const texts = [
    base === undefined ? (start === undefined ? "not run yet" : "failed") : value(base),
    incumbent === undefined ? "nothing completed yet" : value(incumbent.estimate),
  ];
  const wide = Math.max(...texts.map(displayWidth));
  const lines: StyledLine[] = [[dim("default  "), plain(padEnd(texts[0] ?? "", wide))]];
  if (incumbent === undefined) return [...lines, [dim("best     "), plain(texts[1] ?? "")]];
  const { first } = incumbent.group;
  const isDefault = given === evidence && start?.key === incumbent.group.key;
  const gain =
    base === undefined || isDefault || base.mean === 0
      ? ""
      : `  ${percent(Math.abs((base.mean - incumbent.estimate.mean) / base.mean))} better`;
  const changes = parameterChanges(space, given.space.defaults(), first.proposal.configuration, given.space)
    .filter(({ changed }) => changed)
    .map(({ name, to }) => `${name} ${to ?? "not active"}`);
  const mark = originMark(shownOrigin(first.proposal));
  lines.push([
    dim("best     "),
    { text: padEnd(texts[1] ?? "", wide), colour: "green", bold: true },
    ...(isDefault
      ? [dim("  the default")]
      : [
          plain(gain),
          dim("  trial "),
          plain(String(first.number)),
          dim(" by "),
          coloured(mark.terminal, shownOrigin(first.proposal)),
          ...(given === evidence ? [] : [dim(" on "), bold(codeStanding?.head ?? "")]),
        ]),
  ]);
  if (changes.length > 0) lines.push([dim(`         ${changes.join(", ")}`)]);
  return lines.map((line) => clip(line, width));
}

/** The version of the code that would be the answer, the one under trial with its stage, and what was said last. */
export function codeLines(state: RunState, width: number, most: number): readonly StyledLine[] {
  const { codeStanding } = state.study;
  if (codeStanding === undefined) return [];
  const { head } = codeStanding;
  const tried = state.codeVersions.filter(({ id }) => id !== baseVersion);
  const having = (status: string): number => tried.filter((version) => version.status === status).length;
  const held = having("held");
  const change = tried.find(({ id }) => id === head)?.summary;
  const counts = tried.length === 0 ? "no other version yet" : `${tried.length} tried, ${having("kept")} kept`;
  const trying = tryingText(codeStanding);
  const summary = tried.find(({ id }) => id === codeStanding.trying?.version)?.summary;
  const lines: StyledLine[] = [
    [
      dim("code     "),
      bold(head),
      dim(`  ${counts}`),
      ...(held === 0 ? [] : [coloured("yellow", `, ${held} held for you to judge`)]),
      dim(head === baseVersion ? ", as it was given" : `  ${printable(change ?? "")}`),
    ],
    ...(trying === undefined
      ? []
      : [[dim("trying   "), coloured("cyan", trying), dim(`  ${printable(summary ?? "")}`)] satisfies StyledLine]),
    ...(state.codeNews === undefined ? [] : [[dim(`last     ${state.codeNews}`)]]),
  ];
  return lines.slice(0, most).map((line) => clip(line, width));
}

export function runningLines(state: RunState, width: number, most: number): readonly StyledLine[] {
  const running = state.runningTrials;
  const format = evidenceFormat(state.study.evidence);
  const shown = running.slice(0, running.length > most ? Math.max(1, most - 1) : most);
  const lines = shown.map((trial): StyledLine => {
    const last = trial.readings.at(-1);
    const mark = originMark(trial.proposal.origin);
    const what = versionAndOrigin(trial, state.severalVersions);
    return clip(
      [
        coloured("cyan", "▸ "),
        plain(padEnd(`trial ${trial.number}`, 10)),
        coloured(mark.terminal, padEnd(what, 14)),
        plain(padStart(formatDuration(Math.max(1, Math.round(trial.seconds))), 6)),
        ...(last === undefined
          ? [dim("  no reading yet")]
          : [
              plain(`  ${format(last)}`),
              ...(trial.readings.length < 2
                ? []
                : [dim(` at step ${trial.step ?? "?"} `), coloured("cyan", sparkline(trial.readings, 16))]),
            ]),
        ...(trial.device === undefined ? [] : [dim(`  ${printable(trial.device)}`)]),
      ],
      width,
    );
  });
  return running.length > shown.length
    ? [...lines, [dim(`  and ${running.length - shown.length} more running`)]]
    : lines;
}

export function advisorLines(state: RunState, width: number, most: number): readonly StyledLine[] {
  if (state.advisor === null) return [];
  const thinking = state.thinkingSeconds;
  // Rules answer at once; only a model is waited for.
  const asking: readonly StyledLine[] =
    thinking === undefined || thinking < 1
      ? []
      : [
          [
            coloured(
              "magenta",
              `asking the ${state.asked}${state.asked === "coder" ? " for an edit" : ""} … ${formatDuration(Math.round(thinking))}`,
            ),
          ],
        ];
  const { news } = state;
  if (news === undefined) return asking.length > 0 ? asking : [[dim("advisor  not asked yet")]];
  if (news.kind === "failed") {
    const text = `advisor gave no answer (${news.failure}): ${printable(news.message).replace(/[.!?]?$/, ".")} The optimizer's proposal runs instead.`;
    return [...asking, ...wrap(text, width).map((line): StyledLine => clip([coloured("yellow", line)], width))].slice(
      0,
      Math.max(1, most),
    );
  }
  const verb = { propose: "proposed", edit: "edited", accept: "accepted", veto: "vetoed" }[news.action] ?? news.action;
  const label = `advisor ${verb}  `;
  const text = wrap(`“${printable(news.reason)}”`, Math.max(12, width - label.length));
  const room = Math.max(1, most - asking.length);
  const kept = text.length > room ? [...text.slice(0, room - 1), `${text[room - 1]} …`] : text;
  return [
    ...asking,
    ...kept.map(
      (line, k): StyledLine => clip([k === 0 ? dim(label) : plain(" ".repeat(label.length)), plain(line)], width),
    ),
  ];
}

/** What the optimizer believes: for each parameter its mean and one-sigma interval within the range. */
export function optimizerLines(state: RunState, width: number, most: number): readonly StyledLine[] {
  const view = state.study.view();
  const numeric = view.numeric ?? [];
  const categorical = view.categorical ?? [];
  const parameters = numeric.length + categorical.length;
  const title = clip([bold(view.optimizer), dim(optimizerFacts(view))], width);
  if (parameters === 0 || most < 2) return most < 1 ? [] : [title];
  const { space } = state.study;
  const nameWidth = Math.min(20, Math.max(...[...numeric, ...categorical].map(({ name }) => displayWidth(name))));
  const shown = parameters + 1 > most ? most - 2 : parameters;
  const values = numeric.map(({ name, mean, low, high }) => {
    const full = `${space.format(name, mean)} (${space.format(name, low)} to ${space.format(name, high)})`;
    return { mean: space.format(name, mean), full };
  });
  const fullWidth = Math.max(0, ...values.map(({ full }) => displayWidth(full)));
  const detailed = width - nameWidth - fullWidth - 4 >= 14;
  const valueWidth = detailed ? fullWidth : Math.max(0, ...values.map(({ mean }) => displayWidth(mean)));
  const barWidth = Math.max(6, Math.min(40, width - nameWidth - valueWidth - 4));
  const lines: StyledLine[] = numeric.map(({ name, mean, low, high }, k) => {
    const at = (value: number): number => space.encode({ [name]: value }).numeric[k] ?? 0;
    const value = detailed ? values[k]?.full : values[k]?.mean;
    return [
      plain(`${padEnd(clipText(name, nameWidth), nameWidth)}  `),
      ...rangeBar(at(low), at(mean), at(high), barWidth),
      plain(`  ${value ?? ""}`),
    ];
  });
  for (const { name, probabilities } of categorical) {
    const sorted = [...probabilities].sort((a, b) => b.probability - a.probability);
    lines.push([
      plain(`${padEnd(clipText(name, nameWidth), nameWidth)}  `),
      ...sorted.flatMap(({ choice, probability }, k): Span[] => [
        k === 0
          ? plain(`${printable(String(choice))} ${(100 * probability).toFixed(0)} %`)
          : dim(`  ${printable(String(choice))} ${(100 * probability).toFixed(0)} %`),
      ]),
    ]);
  }
  const hidden = parameters - shown;
  return [
    title,
    ...lines.slice(0, shown).map((line) => clip(line, width)),
    ...(hidden > 0 ? [[dim(`and ${counted(hidden, "more parameter", "more parameters")}`)]] : []),
  ];
}

function clipText(text: string, width: number): string {
  return clip([plain(text)], width)[0]?.text ?? "";
}

function optimizerFacts({ generation, told, stepSize, stop }: OptimizerView): string {
  const step =
    stepSize === undefined ? "" : `, step size ${((100 * stepSize.value) / stepSize.initial).toFixed(0)} % of start`;
  const end = stop === undefined ? "" : `, converged (${stop.reason})`;
  return `  ${counted(told, "result")}, ${counted(generation, "update")}${step}${end}`;
}

/** `──━━●━━────`: the range, one standard deviation to either side of the mean, and the mean. */
export function rangeBar(low: number, mean: number, high: number, width: number): readonly Span[] {
  const cell = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * (width - 1));
  const [from, middle, to] = [cell(low), cell(mean), cell(high)];
  return [
    dim("─".repeat(from)),
    coloured("cyan", "━".repeat(Math.max(0, middle - from))),
    { text: "●", colour: "cyan", bold: true },
    coloured("cyan", "━".repeat(Math.max(0, to - middle))),
    dim("─".repeat(Math.max(0, width - 1 - Math.max(to, middle)))),
  ];
}

/** The trials that ended last, newest first. */
export function finishedLines(state: RunState, width: number, most: number): readonly StyledLine[] {
  const format = evidenceFormat(state.evidence);
  const from = (trial: TrialRecord): string => versionAndOrigin(trial, state.severalVersions);
  const trials = state.finished.slice(-most).reverse();
  const outcomes = trials.map((trial) => outcomeText(trial, format));
  const numberWidth = Math.max(2, ...trials.map(({ number }) => String(number).length));
  const fromWidth = Math.max(7, ...trials.map((trial) => displayWidth(from(trial))));
  const outcomeWidth = Math.max(6, ...outcomes.map(displayWidth));
  return trials.map((trial, k) =>
    clip(
      [
        dim(`${padStart(String(trial.number), numberWidth)}  `),
        coloured(originMark(trial.proposal.origin).terminal, padEnd(from(trial), fromWidth)),
        plain("  "),
        outcomeSpan(trial, padStart(outcomes[k] ?? "", outcomeWidth)),
        dim(padStart(trial.seconds === undefined ? "" : formatDuration(trial.seconds), 8)),
        ...remark(state, trial),
      ],
      width,
    ),
  );
}

function outcomeSpan({ outcome }: TrialRecord, text: string): Span {
  if (outcome?.kind === "failed") return coloured("red", text);
  return outcome?.kind === "pruned" ? coloured("yellow", text) : plain(text);
}

function remark({ course, evidence }: RunState, trial: TrialRecord): readonly Span[] {
  const { outcome, proposal } = trial;
  if (outcome?.kind === "failed") return [dim(`  ${printable(outcome.message)}`)];
  if (proposal.purpose !== "search") return [];
  const index = evidence.trials.findLastIndex(({ number }) => number === trial.number);
  const now = course[index];
  if (now?.trial !== trial.number || now.trial === course[index - 1]?.trial) return [];
  return [coloured("green", index === 0 ? "  start" : "  new best")];
}

/** Failures by kind, turns that the advisor left unanswered, noise, cost. */
export function footerLine(state: RunState, width: number): StyledLine {
  const { evidence } = state.study;
  const kinds = new Map<string, number>();
  for (const kind of state.searched.failed) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const failures =
    kinds.size === 0
      ? [dim("no failures")]
      : [coloured("red", `failed: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ")}`)];
  const noise = evidence.noise === undefined ? "" : `   noise ${Number(evidence.noise.deviation.toPrecision(2))}`;
  const { calls, tokens, usd } = state.calls;
  const cost =
    calls === 0
      ? state.advisor === null
        ? ""
        : "   no model asked"
      : `   ${counted(calls, "call")}, ${counted(tokens, "token")}, ${usd === null ? "price unknown" : dollars(usd)}`;
  const unanswered = state.advice === undefined ? undefined : unansweredText(state.advice);
  const silent = unanswered === undefined ? [] : [coloured("yellow", `   advisor: ${unanswered}`)];
  return clip([...failures, ...silent, dim(`${noise}${cost}`)], width);
}

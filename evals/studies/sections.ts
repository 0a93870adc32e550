import { counted, dollars, percent } from "../../src/report/value-format.js";
import { formatDuration } from "../../src/trials/quantity.js";
import type { Section } from "../report/tables.js";
import type { ArmResult, ContrastResult, Evaluation } from "./document.js";
import { evaluationFormat } from "./evaluation.js";

type Format = (value: number) => string;

/** What there is to say about an evaluation besides its sentences, as tables. */
export function evaluationSections(evaluation: Evaluation): readonly Section[] {
  const format = evaluationFormat(evaluation.studies);
  return [
    answers(evaluation, format),
    comparisons(evaluation, format),
    course(evaluation, format),
    proposers(evaluation),
    effort(evaluation),
  ];
}

/** One line about what was compared. */
export function aboutEvaluation({ study, objective, budget, arms, seeds }: Evaluation): string {
  const size =
    budget.trials === null ? `${formatDuration(budget.seconds ?? 0)} of search` : counted(budget.trials, "trial");
  return `${study}: ${objective.metric} (${objective.direction}), ${counted(arms.length, "arm")}, ${counted(seeds.length, "seed")}, ${size} each`;
}

/** What each model took, one sentence an arm. */
export function costSentences({ arms }: Evaluation): readonly string[] {
  return arms.flatMap(({ arm, cost, seconds }) => {
    if (cost.calls === 0) return [];
    const price = cost.usd === null ? "price unknown" : dollars(cost.usd);
    const waited = seconds.wall > 0 ? `, ${percent(Math.min(1, seconds.model / seconds.wall))} of its wall time` : "";
    return [
      `${arm} made ${counted(cost.calls, "call")}: ${counted(cost.tokens, "token")}, ${price}, and ${formatDuration(seconds.model)} of waiting for answers${waited}.`,
    ];
  });
}

/** How the figures came about. */
export function protocolText({ agentTune, folder }: Evaluation): string {
  return `agent-tune ${agentTune}. Every arm starts from the same default, with the same seeds and the same budget. The answer of each study and the default are run again on seeds that no search has used, the same for all arms; that is what is compared. Studies are kept in ${folder}.`;
}

function spread(value: ArmResult["value"], format: Format): string {
  if (value === null) return "-";
  const { mean, interval } = value;
  return interval === undefined
    ? format(mean)
    : `${format(mean)} (${format(interval.low)} to ${format(interval.high)})`;
}

function answers({ arms, studies, objective }: Evaluation, format: Format): Section {
  const fresh = studies.every(({ scoredBy }) => scoredBy === "fresh");
  return {
    title: `Answers: ${objective.metric}${fresh ? " on fresh seeds" : ""}`,
    header: ["arm", "mean (95 %)", "gain over the default", "studies", "answers by"],
    rows: arms.map(({ arm, value, gain, studies: count, answers: by }) => [
      arm,
      spread(value, format),
      spread(gain, format),
      String(count),
      Object.entries(by)
        .map(([origin, number]) => `${origin} ${number}`)
        .join(", ") || "-",
    ]),
    notes: ["Means over seeds with 95 % intervals (bootstrap). A gain above zero is an improvement."],
  };
}

function comparisons({ contrasts }: Evaluation, format: Format): Section {
  const p = (value: number | null): string => (value === null ? "-" : value.toPrecision(2));
  return {
    title: "Comparisons, paired by seed",
    header: ["arm", "against", "better by", "wins", "ties", "losses", "p", "corrected", "could show", "as good after"],
    rows: contrasts.map((each) => [
      each.arm,
      each.reference,
      spread(each.difference, format),
      String(each.better),
      String(each.equal),
      String(each.worse),
      p(each.p),
      p(each.adjusted),
      each.detectable === null ? "-" : format(each.detectable),
      soonness(each),
    ]),
    notes: [
      "Better by: pseudomedian of the differences with its 95 % interval (Hodges and Lehmann 1963). p: signed-rank test (Wilcoxon 1945), corrected for the number of comparisons (Holm 1979). Could show: true difference that would have been found four times out of five. As good after: trials until the arm's mean best so far is as good as the other's at its end.",
    ],
  };
}

function soonness({ reached }: ContrastResult): string {
  if (reached === null) return "-";
  return reached.trials === null ? `not in ${reached.of}` : `${reached.trials} of ${reached.of} trials`;
}

function course({ arms }: Evaluation, format: Format): Section {
  const last = Math.max(0, ...arms.flatMap(({ curve }) => curve.map(({ after }) => after)));
  const points = [...new Set([0.1, 0.25, 0.5, 0.75, 1].map((share) => Math.max(1, Math.ceil(last * share))))];
  return {
    title: "Best so far, by estimated true value",
    header: ["arm", ...points.map((after) => `after ${after}`)],
    rows: arms.map(({ arm, curve }) => [
      arm,
      ...points.map((after) => {
        const entry = curve.findLast((each) => each.after <= after);
        return entry === undefined ? "-" : format(entry.value);
      }),
    ]),
    notes: ["Means over seeds, by finished trials of the search."],
  };
}

function proposers({ arms }: Evaluation): Section {
  return {
    title: "Who proposed the trials",
    header: ["arm", "by", "trials", "failed", "became the best", "answers"],
    rows: arms.flatMap(({ arm, origins, answers: by }) =>
      Object.entries(origins).map(([origin, { trials, failed, improved }]) => [
        arm,
        origin,
        String(trials),
        trials === 0 ? "-" : `${failed} (${percent(failed / trials)})`,
        origin === "default" ? "-" : String(improved),
        String(by[origin] ?? 0),
      ]),
    ),
    notes: [],
  };
}

function effort({ arms }: Evaluation): Section {
  return {
    title: "What it took",
    header: ["arm", "calls", "turns unanswered", "tokens", "cost", "waiting for the model", "trials", "wall time"],
    rows: arms.map(({ arm, advice, cost, seconds }) => [
      arm,
      String(cost.calls),
      advice === null ? "-" : `${advice.failed} of ${advice.turns}`,
      String(cost.tokens),
      cost.usd === null ? "price unknown" : dollars(cost.usd),
      cost.calls === 0 ? "-" : formatDuration(seconds.model),
      formatDuration(seconds.trials),
      formatDuration(seconds.wall),
    ]),
    notes: [
      "Over all studies of an arm. Wall time leaves out runs that were taken over from another arm; trials does not.",
    ],
  };
}

import { type Objective, toLoss } from "../../src/evidence/index.js";
import {
  detectableEffect,
  effortToReach,
  holm,
  meanSteps,
  pseudomedian,
  pseudomedianInterval,
  type Step,
  wilcoxon,
} from "../statistics/index.js";
import type { Contrast } from "./arm.js";
import type { ContrastResult, StudyResult } from "./document.js";
import { enoughSeeds } from "./enough-seeds.js";

const level = 0.05;

/** All comparisons of an evaluation, paired by seed and corrected for their number. */
export function contrastResults(
  contrasts: readonly Contrast[],
  studies: readonly StudyResult[],
  objective: Objective,
  format: (value: number) => string,
): readonly ContrastResult[] {
  const measured = contrasts.map(({ arm, reference }) => measure(arm.name, reference.name, studies, objective));
  const adjusted = holm(measured.map(({ p }) => p ?? 1));
  return measured.map((each, k) => {
    const corrected = each.p === null ? null : (adjusted[k] ?? null);
    const significant = corrected !== null && corrected <= level;
    const gain = each.difference?.mean ?? 0;
    const { gains: _, ...shown } = each;
    const result = {
      ...shown,
      adjusted: corrected,
      verdict:
        significant && gain !== 0 ? (gain > 0 ? ("better" as const) : ("worse" as const)) : ("undecided" as const),
      // A level for each that together keep to 5 %.
      detectable:
        each.gains.length < 2 ? null : (detectableEffect(each.gains, { level: level / contrasts.length }) ?? null),
    };
    return { ...result, sentence: sentence(result, contrasts.length, objective.metric, format) };
  });
}

type Measured = Pick<
  ContrastResult,
  "arm" | "reference" | "pairs" | "better" | "worse" | "equal" | "difference" | "p" | "reached"
> & {
  /** How much better the arm is, seed by seed, as losses differ. */
  readonly gains: readonly number[];
};

function measure(arm: string, reference: string, studies: readonly StudyResult[], objective: Objective): Measured {
  const of = (name: string) => studies.filter((study) => study.arm === name);
  const gains = of(arm).flatMap(({ seed, value }) => {
    const other = of(reference).find((study) => study.seed === seed)?.value;
    return value === null || other === undefined || other === null
      ? []
      : [toLoss(objective, other) - toLoss(objective, value)];
  });
  const interval = pseudomedianInterval(gains);
  return {
    arm,
    reference,
    pairs: gains.length,
    better: gains.filter((gain) => gain > 0).length,
    worse: gains.filter((gain) => gain < 0).length,
    equal: gains.filter((gain) => gain === 0).length,
    difference:
      gains.length === 0 ? null : { mean: pseudomedian(gains), ...(interval === undefined ? {} : { interval }) },
    p: gains.length < 2 ? null : signedRankP(gains),
    reached: reached(of(arm), of(reference), objective),
    gains,
  };
}

/** How soon the arm is, on average over seeds, where its reference is at its end. */
function reached(
  own: readonly StudyResult[],
  other: readonly StudyResult[],
  objective: Objective,
): ContrastResult["reached"] {
  const mine = meanLosses(own, objective);
  const goal = meanLosses(other, objective).at(-1);
  if (goal === undefined || mine.length === 0) return null;
  return { trials: effortToReach(mine, goal.value) ?? null, of: Math.max(...other.map(searched)) };
}

/** Mean over seeds of the best so far as a loss, by finished trials of the search. */
export function meanLosses(studies: readonly StudyResult[], objective: Objective): readonly Step[] {
  return meanSteps(
    studies.map(({ incumbents }) =>
      incumbents.map(({ after, value }) => ({ at: after, value: toLoss(objective, value) })),
    ),
  );
}

/** Trials of the search, repeats included. */
export function searched({ trials }: StudyResult): number {
  return trials.search + trials.replicate;
}

/**
 * Two-sided p of the signed-rank test. Ties between sizes make it an approximation, which with few seeds could fall
 * below what any arrangement of signs can give.
 */
function signedRankP(gains: readonly number[]): number {
  return wilcoxon(
    gains,
    gains.map(() => 0),
  ).p;
}

/** One sentence that can say no. */
function sentence(
  result: Omit<ContrastResult, "sentence">,
  contrasts: number,
  metric: string,
  format: (value: number) => string,
): string {
  const { arm, reference, pairs, better, worse, equal, difference, adjusted, verdict, detectable } = result;
  const enough = enoughSeeds(contrasts, level);
  const among = contrasts === 1 ? "" : ` among ${contrasts} comparisons`;
  if (difference === null)
    return `${arm} and ${reference} cannot be compared: there is no seed for which both have an answer.`;
  if (equal === pairs) {
    const all = pairs === 1 ? "the one seed" : `all ${pairs} seeds`;
    return `No difference between ${arm} and ${reference}: the same ${metric} with ${all}.`;
  }
  const score = `${arm} better with ${better} of ${pairs} seeds${equal === 0 ? "" : `, equal with ${equal}`}`;
  const p = adjusted === null ? "" : `p = ${adjusted.toPrecision(2)}${contrasts === 1 ? "" : " after correction"}; `;
  if (verdict === "undecided") {
    const limit =
      pairs < enough
        ? `${pairs === 1 ? "one seed" : `${pairs} seeds`} cannot show one at 5 %${among}, ${enough} can`
        : detectable === null
          ? ""
          : `${pairs} seeds could have shown ${format(detectable)}`;
    return `No difference between ${arm} and ${reference} in ${metric} could be shown (${p}${score})${limit === "" ? "" : `; ${limit}`}.`;
  }
  const { low, high } = difference.interval ?? { low: Number.NaN, high: Number.NaN };
  const bounds = verdict === "better" ? [low, high] : [-high, -low];
  const size = `by ${format(Math.abs(difference.mean))}${difference.interval === undefined ? "" : ` (95 % ${bounds.map(format).join(" to ")})`}`;
  const how =
    verdict === "better" ? `better with ${better} of ${pairs} seeds` : `worse with ${worse} of ${pairs} seeds`;
  return `${arm} is ${verdict} than ${reference} in ${metric} ${size}: ${how}, ${p.replace(/; $/, "")}.`;
}

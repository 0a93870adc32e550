import { fromLoss, type Objective } from "../../src/evidence/index.js";
import { packageVersion } from "../../src/report/package-version.js";
import { counted, valueFormat } from "../../src/report/value-format.js";
import { sampleOf } from "../../src/study/comparison.js";
import { bootstrapMean, mean, valueAt } from "../statistics/index.js";
import type { Arm } from "./arm.js";
import { contrastResults, meanLosses, searched } from "./contrast-result.js";
import type { ArmResult, Evaluation, StudyResult } from "./document.js";
import { enoughSeeds } from "./enough-seeds.js";
import type { StudiesPlan } from "./plan.js";
import { sum, sumByName } from "./study-result.js";

const curvePoints = 20;

/**
 * The answer of an evaluation, from what its studies came to.
 *
 * @param earlier what the same studies had shown before, where there were fewer of them
 */
export function evaluationOf(
  { arms, contrasts, seeds, settings, folder }: StudiesPlan,
  studies: readonly StudyResult[],
  earlier?: Evaluation,
): Evaluation {
  const { objective, budget, name } = settings;
  const format = evaluationFormat(studies);
  return {
    schema: "agent-tune/evaluation/1",
    agentTune: packageVersion(),
    study: name,
    objective: { metric: objective.metric, direction: objective.direction },
    budget: { trials: budget.trials ?? null, seconds: budget.seconds ?? null },
    seeds: [...seeds],
    folder,
    contrasts: [...contrastResults(contrasts, studies, objective, format)],
    arms: arms.map((arm) =>
      armResult(
        arm,
        studies.filter((study) => study.arm === arm.name),
        objective,
      ),
    ),
    studies: [...studies],
    notes: [
      ...tooFewSeeds(seeds.length, contrasts.length),
      ...lookedBefore(seeds, earlier),
      ...arms.flatMap((arm) =>
        notesOf(
          arm,
          studies.filter((study) => study.arm === arm.name),
        ),
      ),
    ],
  };
}

/**
 * Values of the objective, all with the same decimals: as many as differ between seeds in the steadiest arm, at most
 * five significant digits.
 */
export function evaluationFormat(studies: readonly StudyResult[]): (value: number) => string {
  const known = studies.flatMap(({ arm, value }) => (value === null ? [] : [{ arm, value }]));
  const deviations = [...new Set(known.map(({ arm }) => arm))]
    .map((arm) => sampleOf(known.filter((each) => each.arm === arm).map(({ value }) => value)).deviation)
    .filter((deviation) => deviation > 0);
  return valueFormat(
    known.map(({ value }) => value),
    // So few that more digits than usual are not believed.
    deviations.length === 0 ? undefined : { deviation: Math.min(...deviations), degreesOfFreedom: 1 },
  );
}

/** What to know before so few seeds are run; nothing where there are enough. */
export function tooFewSeeds(seeds: number, contrasts: number): readonly string[] {
  const enough = enoughSeeds(contrasts);
  if (seeds >= enough) return [];
  const among = contrasts === 1 ? "" : ` in ${contrasts} comparisons`;
  return [`${counted(seeds, "seed")} cannot show a difference at 5 %${among}, however large it is; ${enough} can.`];
}

/**
 * Seeds that are added because fewer had shown nothing make a difference more likely to be found where there is none.
 * What an earlier answer had noted of it stays true.
 */
function lookedBefore(seeds: readonly number[], earlier: Evaluation | undefined): readonly string[] {
  if (earlier === undefined) return [];
  const kept = earlier.notes.filter((note) => note.startsWith(lookedNote));
  const fewer = earlier.seeds.length < seeds.length;
  return fewer
    ? [
        `${lookedNote} ${counted(earlier.seeds.length, "seed")} before ${seeds.length} were run: p holds for a number of seeds that is chosen before looking.`,
      ]
    : earlier.seeds.length === seeds.length
      ? kept
      : [];
}

const lookedNote = "There was an answer for";

function armResult(
  { name, optimizer, advisor }: Arm,
  studies: readonly StudyResult[],
  objective: Objective,
): ArmResult {
  const prices = studies.map(({ cost }) => cost.usd);
  const advice = studies.flatMap((study) => (study.advice === null ? [] : [study.advice]));
  return {
    arm: name,
    optimizer,
    advisor,
    studies: studies.length,
    value: meanOf(studies.map(({ value }) => value)),
    gain: meanOf(studies.map(({ gain }) => gain)),
    curve: curveOf(studies, objective),
    answers: sumByName(studies.flatMap(({ answer }) => (answer === null ? [] : [{ [answer.origin]: 1 }]))),
    origins: originsOf(studies),
    advice:
      advisor === "none"
        ? null
        : {
            turns: sum(advice.map(({ turns }) => turns)),
            failed: sum(advice.map(({ failed }) => failed)),
            failures: sumByName(advice.map(({ failures }) => failures)),
          },
    cost: {
      calls: sum(studies.map(({ cost }) => cost.calls)),
      tokens: sum(studies.map(({ cost }) => cost.tokens)),
      usd: prices.includes(null) ? null : sum(prices.map((usd) => usd ?? 0)),
    },
    seconds: {
      wall: sum(studies.map(({ seconds }) => seconds.wall)),
      trials: sum(studies.map(({ seconds }) => seconds.trials)),
      model: sum(studies.map(({ seconds }) => seconds.model)),
    },
  };
}

function meanOf(values: readonly (number | null)[]): ArmResult["value"] {
  const known = values.flatMap((value) => (value === null ? [] : [value]));
  if (known.length === 0) return null;
  const interval = bootstrapMean(known);
  return { mean: mean(known), ...(interval === undefined ? {} : { interval }) };
}

function curveOf(studies: readonly StudyResult[], objective: Objective): ArmResult["curve"] {
  const losses = meanLosses(studies, objective);
  const last = Math.max(0, ...studies.map(searched));
  const points = new Set(Array.from({ length: curvePoints }, (_, k) => Math.ceil((last * (k + 1)) / curvePoints)));
  return [...points].flatMap((after) => {
    const loss = valueAt(losses, after);
    return Number.isFinite(loss) ? [{ after, value: fromLoss(objective, loss) }] : [];
  });
}

function originsOf(studies: readonly StudyResult[]): ArmResult["origins"] {
  const totals: ArmResult["origins"] = {};
  for (const { origins } of studies) {
    for (const [origin, { trials, failed, improved }] of Object.entries(origins)) {
      const known = totals[origin] ?? { trials: 0, failed: 0, improved: 0 };
      totals[origin] = {
        trials: known.trials + trials,
        failed: known.failed + failed,
        improved: known.improved + improved,
      };
    }
  }
  return totals;
}

/** What a reader must know of an arm before believing its figures. */
function notesOf({ name, advisor }: Arm, studies: readonly StudyResult[]): readonly string[] {
  const notes: string[] = [];
  const advice = studies.flatMap((study) => (study.advice === null ? [] : [study.advice]));
  const failed = sum(advice.map((each) => each.failed));
  if (failed > 0) {
    const turns = sum(advice.map((each) => each.turns));
    const kinds = Object.entries(sumByName(advice.map(({ failures }) => failures)));
    notes.push(
      `${name}: ${advisor} gave no answer in ${failed} of ${turns} turns (${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}); the optimizer's candidates ran instead, so this is not all that it can do.`,
    );
  }
  const scored = (by: StudyResult["scoredBy"]) => studies.filter(({ scoredBy }) => scoredBy === by);
  for (const [by, text] of [
    [null, "has no answer; that seed is left out"],
    ["default", "has an answer that failed on every fresh seed; it counts as the default"],
    [
      "estimate",
      "is scored by the estimate of its search, since the study file wants no final runs (noise.final_seeds)",
    ],
  ] as const) {
    const { length } = scored(by);
    if (length > 0) notes.push(`${name}: ${length} of ${studies.length} studies: each ${text}.`);
  }
  const early = sumByName(
    studies.flatMap(({ stop }) =>
      stop === null || /^(trials|time)_used$/.test(stop.reason) ? [] : [{ [stop.reason]: 1 }],
    ),
  );
  for (const [reason, count] of Object.entries(early))
    notes.push(`${name}: ${count} of ${studies.length} studies ended before their budget (${reason}).`);
  return notes;
}

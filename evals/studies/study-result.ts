import { toLoss } from "../../src/evidence/index.js";
import { bestSoFar } from "../../src/report/best-so-far.js";
import type { Store } from "../../src/store/index.js";
import { readStudy } from "../../src/study/reading.js";
import { type Summary, summarize } from "../../src/study/summary.js";
import type { StudyResult } from "./document.js";
import type { StudyJob } from "./plan.js";

/** What a finished study came to, from what is stored of it and nothing else. */
export function studyResult(store: Store, { id, arm, seed }: StudyJob): StudyResult {
  const reading = readStudy(store, id);
  const summary = summarize(reading);
  const { objective } = reading.settings;
  const { best, default: start, trials, advice, cost } = summary;
  const score = scoreOf(summary, reading.settings.noise.finalSeeds);
  // Where the answer is the default, its runs are the default's.
  const fallback = start?.fresh?.mean ?? (score?.by === "estimate" ? start?.estimate?.mean : undefined);
  const asked = Object.values(advice);
  let modelMilliseconds = 0;
  for (const { milliseconds } of store.exchanges(id)) modelMilliseconds += milliseconds;
  return {
    id,
    arm: arm.name,
    seed,
    value: score?.value ?? null,
    scoredBy: score?.by ?? null,
    fresh: best?.fresh ? { seeds: best.fresh.seeds, values: best.fresh.values, failed: best.fresh.failed } : null,
    default: fallback ?? null,
    gain:
      score === undefined || fallback === undefined
        ? null
        : toLoss(objective, fallback) - toLoss(objective, score.value),
    answer: best === null ? null : { trial: best.trial, origin: best.origin, configuration: best.configuration },
    stop: summary.study.stop,
    trials: { search: trials.search, replicate: trials.replicate, final: trials.final, failed: trials.failed },
    origins: Object.fromEntries(
      Object.entries(summary.proposals).map(([origin, { trials, failed, improved }]) => [
        origin,
        { trials, failed, improved },
      ]),
    ),
    incumbents: changes(bestSoFar(reading)),
    advice:
      arm.advisor === "none"
        ? null
        : {
            turns: sum(asked.map(({ turns }) => turns)),
            failed: sum(asked.map(({ failed }) => failed)),
            failures: sumByName(asked.map(({ failures }) => failures)),
          },
    cost: { calls: cost.calls, tokens: cost.tokens, usd: cost.usd },
    seconds: {
      wall: summary.seconds,
      trials: sum(reading.trials.map(({ seconds = 0 }) => seconds)),
      model: modelMilliseconds / 1000,
    },
  };
}

/** A study is worth what its answer is worth on fresh seeds; one that failed on all of them leaves the default in use. */
function scoreOf(
  { best, default: start }: Summary,
  finalSeeds: number,
): { readonly value: number; readonly by: NonNullable<StudyResult["scoredBy"]> } | undefined {
  if (best === null) return undefined;
  if (best.fresh !== null) return { value: best.fresh.mean, by: "fresh" };
  if (finalSeeds === 0) return best.estimate === null ? undefined : { value: best.estimate.mean, by: "estimate" };
  return start?.fresh ? { value: start.fresh.mean, by: "default" } : undefined;
}

function changes(course: ReturnType<typeof bestSoFar>): StudyResult["incumbents"] {
  const found: StudyResult["incumbents"] = [];
  for (const { finished, value, trial, origin } of course) {
    if (value === undefined || trial === undefined || origin === undefined) continue;
    const last = found.at(-1);
    if (last?.trial !== trial || last.value !== value) found.push({ after: finished, trial, origin, value });
  }
  return found;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Counts under the same name added up. */
export function sumByName(tallies: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const tally of tallies) {
    for (const [name, count] of Object.entries(tally)) totals[name] = (totals[name] ?? 0) + count;
  }
  return totals;
}

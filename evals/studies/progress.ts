import { counted, dollars } from "../../src/report/value-format.js";
import { formatDuration } from "../../src/trials/quantity.js";
import { asksModel } from "./arm.js";
import { tooFewSeeds } from "./evaluation.js";
import type { StudiesPlan, StudyJob } from "./plan.js";
import type { StudiesProgress } from "./studies-at-work.js";

/** What will run, before it does. */
export function planText({ arms, contrasts, seeds, settings, maxCost, unpriced, folder }: StudiesPlan): string {
  const { budget, noise, name, objective } = settings;
  const finals = noise.finalSeeds === 0 ? "" : ` and ${2 * noise.finalSeeds} final runs`;
  const size =
    budget.trials === undefined
      ? `${formatDuration(budget.seconds ?? 0)} of search`
      : `${counted(budget.trials, "trial")}${finals}${budget.seconds === undefined ? "" : `, ${formatDuration(budget.seconds)} at most`}`;
  const models = arms.filter(asksModel);
  const cap = maxCost === undefined ? settings.budget.cost : undefined;
  return [
    `evaluation of ${name} by ${objective.metric}: ${counted(arms.length, "arm")} x ${counted(seeds.length, "seed")} = ${counted(arms.length * seeds.length, "study", "studies")} of ${size}`,
    ...arms.map(({ name: arm }) => `  ${arm}`),
    ...contrasts.map(({ arm, reference }) => `asks: is ${arm.name} better than ${reference.name}?`),
    ...(models.length === 0
      ? ["cost: nothing; no model is asked"]
      : [
          maxCost !== undefined
            ? `cost: at most ${dollars(maxCost)} in all`
            : cap !== undefined
              ? `cost: at most ${dollars(cap)} for each study that asks a model`
              : "cost: no limit is set; what it comes to is said when the first study that asks a model is done",
          ...unpriced.map((advisor) => `cost: the price of ${advisor} is not known, so only tokens can be counted`),
        ]),
    "time: said when the default has run once",
    ...tooFewSeeds(seeds.length, contrasts.length).map((text) => `note: ${text}`),
    `folder: ${folder}`,
  ].join("\n");
}

/** The same for a program. */
export function planJson({ arms, contrasts, seeds, settings, maxCost, unpriced, folder }: StudiesPlan): object {
  return {
    schema: "agent-tune/evaluation-plan/1",
    study: settings.name,
    objective: { metric: settings.objective.metric, direction: settings.objective.direction },
    budget: { trials: settings.budget.trials ?? null, seconds: settings.budget.seconds ?? null },
    finalSeeds: settings.noise.finalSeeds,
    arms,
    contrasts: contrasts.map(({ arm, reference }) => ({ arm: arm.name, reference: reference.name })),
    seeds,
    maxCost: maxCost ?? null,
    unpriced,
    folder,
    notes: tooFewSeeds(seeds.length, contrasts.length),
  };
}

/** What is known while an evaluation runs, for a line about it. */
export interface Standing {
  readonly done: number;
  readonly studies: number;
  /** Estimate; undefined while nothing is known. */
  readonly secondsLeft: number | undefined;
  /** US dollars for models so far, and in the end if the other studies cost as much; undefined while not known. */
  readonly cost?: { readonly spent: number; readonly expected: number } | undefined;
}

/** The line for what has happened. */
export function progressText(progress: StudiesProgress, standing: Standing): string {
  const { done, studies, secondsLeft, cost } = standing;
  const left =
    secondsLeft === undefined || done === studies
      ? ""
      : `, about ${formatDuration(Math.max(1, Math.round(secondsLeft)))} left`;
  switch (progress.kind) {
    case "goes on":
      return `going on: ${counted(progress.finished, "study", "studies")} of it finished${progress.begun === 0 ? "" : `, ${progress.begun} begun`}`;
    case "first trial":
      return `the default takes ${formatDuration(progress.seconds)}${left}`;
    case "trial":
      return `${nameOf(progress.job)}: ${counted(progress.trials, "trial")}; ${done} of ${studies} studies done${left}`;
    case "unanswered":
      return `${nameOf(progress.job)}: no answer (${progress.failure}): ${progress.message}`;
    case "study": {
      const incumbent = progress.study.evidence.incumbent;
      const best = incumbent === undefined ? "no answer" : `best ${Number(incumbent.estimate.mean.toPrecision(5))}`;
      return `${nameOf(progress.job)}: done, ${best}; ${done} of ${studies} studies done${left}${costText(cost)}`;
    }
  }
}

function costText(cost: Standing["cost"]): string {
  if (cost === undefined) return "";
  const more = cost.expected > cost.spent ? ` of about ${dollars(cost.expected)}` : "";
  return `; ${dollars(cost.spent)}${more} for models`;
}

function nameOf({ arm, seed }: StudyJob): string {
  return `${arm.name}, seed ${seed}`;
}

import { objectiveValue, short } from "../../evidence/numbers.js";
import { loadPrompt } from "../../llm/prompt.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { AdviceRequest } from "../advisor.js";
import { configurationLine } from "./configuration-line.js";
import { failureLines } from "./failure-lines.js";
import { measuredUse } from "./measured-use.js";
import { regions } from "./regions.js";
import type { BriefSection } from "./sections.js";
import {
  budgetLine,
  incumbentLines,
  limitLines,
  noiseLine,
  objectiveLine,
  sensitivityLines,
  spaceLines,
} from "./study-lines.js";
import { trialTable } from "./trial-table.js";

/** Regions that get a line each, and configurations below which the table shows everything anyway. */
const shownRegions = 5;
const fewestForRegions = 15;

/**
 * What an advisor is shown: the problem, which stays the same from turn to turn and can be cached, and the study so
 * far. In native units, rounded to three significant digits, about 2,500 tokens at 14 parameters and 300 trials.
 */
export interface Brief {
  readonly problem: string;
  readonly turn: string;
}

/** @param without sections to leave out */
export function renderBrief(request: AdviceRequest, without: ReadonlySet<BriefSection> = new Set()): Brief {
  const { evidence } = request;
  const part = (section: BriefSection, render: () => string): string => (without.has(section) ? "" : render());
  return {
    problem: loadPrompt("advisor-problem").render({
      task: part("task", () => request.setting.task?.trim() ?? ""),
      objective: objectiveLine(evidence.objective),
      space: part("space", () => spaceLines(request.space)),
      derived: part("derived", () => derived(request.space)),
      limits: part("limits", () => limitLines(request.setting.limits)),
    }).text,
    turn: loadPrompt("advisor-turn").render({
      notes: part("notes", () => request.notes.map((note) => `- turn ${note.turn}: ${note.text}`).join("\n")),
      noise: part("noise", () => noiseLine(evidence.noise)),
      sensitivities: part("sensitivities", () => sensitivityLines(request.predictions.sensitivities(), evidence)),
      failures: part("failures", () => failureLines(evidence)),
      use: part("limits", () => measuredUse(evidence, request.setting.limits)),
      regions: part("regions", () => regionLines(request)),
      trials: part("trials", () => (evidence.trials.length === 0 ? "" : trialTable(evidence, !without.has("derived")))),
      optimizer: part("optimizer", () => optimizer(request)),
      correlations: part("correlations", () => correlations(request)),
      categories: part("categories", () => categories(request)),
      incumbent: part("incumbent", () => incumbentLines(evidence)),
      budget: part("budget", () => budgetLine(request.setting)),
      pending: request.pending.map((each) => `- ${configurationLine(request.space, each)}`).join("\n"),
      candidates: candidates(request),
    }).text,
  };
}

function derived(space: SearchSpace): string {
  return space.derived
    .map(
      ({ name, formula, unit, description }) =>
        `- ${name} = ${formula}${unit === undefined ? "" : ` (${unit})`}${description === undefined ? "" : `. ${description}`}`,
    )
    .join("\n");
}

function optimizer({ view, space, evidence }: AdviceRequest): string {
  const lines = [
    view.stepSize === undefined
      ? `${view.optimizer}, ${view.told} results told.`
      : `${view.optimizer}, generation ${view.generation}, ${view.told} results told. Step size ${short(view.stepSize.value / view.stepSize.initial)} of what it started with.`,
  ];
  const best = evidence.incumbent?.group.configuration;
  if (view.numeric !== undefined && view.numeric.length > 0) {
    lines.push("parameter: mean [one standard deviation to either side]; incumbent");
    for (const each of view.numeric) {
      const value = best?.[each.name];
      const format = (number: number): string => space.format(each.name, number);
      lines.push(
        `${each.name}: ${format(each.mean)} [${format(each.low)}, ${format(each.high)}]; ${value === undefined ? "-" : space.format(each.name, value)}`,
      );
    }
  }
  if (view.stop !== undefined)
    lines.push(`It sees nothing left to learn here: ${view.stop.reason} (${view.stop.detail}).`);
  return lines.join("\n");
}

function correlations({ view }: AdviceRequest): string {
  return (view.correlations ?? [])
    .map(
      ({ a, b, r, timesNoise }) =>
        `- ${a} up goes with ${b} ${r > 0 ? "up" : "down"} (r = ${r.toFixed(2)}, ${timesNoise.toFixed(1)} times chance)`,
    )
    .join("\n");
}

function categories({ view, space }: AdviceRequest): string {
  return (view.categorical ?? [])
    .map(
      ({ name, probabilities }) =>
        `- ${name}: ${probabilities.map(({ choice, probability }) => `${space.format(name, choice)} ${Math.round(probability * 100)} %`).join(", ")}`,
    )
    .join("\n");
}

function regionLines({ evidence, space }: AdviceRequest): string {
  if (evidence.groups.length < fewestForRegions) return "";
  return regions(evidence, shownRegions)
    .map(({ centre, groups }) => {
      const worth = groups.flatMap((group) => evidence.estimate(group)?.mean ?? []);
      const best = worth.reduce<number | undefined>(
        (found, value) => (found === undefined || evidence.better(value, found) ? value : found),
        undefined,
      );
      const failed = groups.filter((group) => group.losses.length === 0).length;
      const result = best === undefined ? "none completed" : `best ${objectiveValue(best, evidence.noise?.deviation)}`;
      return `- around trial ${centre.first.number}: ${groups.length === 1 ? "1 configuration" : `${groups.length} configurations`}, ${result}${failed === 0 ? "" : `, ${failed} failed`}; ${configurationLine(space, centre.configuration)}`;
    })
    .join("\n");
}

function candidates({ candidates, space, predictions, changes }: AdviceRequest): string {
  const several = candidates.length > 1;
  const lines = [
    several
      ? `What the optimizer would run next: single points, not the mean of its distribution. You may propose or edit at most ${changes} of them; those you do not mention run as they are.`
      : "What the optimizer would run next: one point, not the mean of its distribution. You may decide it as you like.",
  ];
  if (predictions.calibration === "not calibrated yet") {
    lines.push("A model of the trials is not calibrated yet: no values are predicted.");
  }
  for (const [index, configuration] of candidates.entries()) {
    const predicted = predictions.describe(configuration);
    lines.push(`${index + 1}. ${configurationLine(space, configuration)}${predicted === "" ? "" : ` (${predicted})`}`);
  }
  return lines.join("\n");
}

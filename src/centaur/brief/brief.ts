import { duration, megabytes, objectiveValue, short } from "../../evidence/numbers.js";
import { loadPrompt } from "../../llm/prompt.js";
import type { Parameter } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { AdviceRequest } from "../advisor.js";
import { configurationLine } from "./configuration-line.js";
import { failureLines } from "./failure-lines.js";
import { measuredUse } from "./measured-use.js";
import { regions } from "./regions.js";
import type { BriefSection } from "./sections.js";
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
      objective: objective(request),
      space: part("space", () => space(request.space)),
      derived: part("derived", () => derived(request.space)),
      limits: part("limits", () => limits(request)),
    }).text,
    turn: loadPrompt("advisor-turn").render({
      notes: part("notes", () => request.notes.map((note) => `- turn ${note.turn}: ${note.text}`).join("\n")),
      noise: part("noise", () => noise(request)),
      sensitivities: part("sensitivities", () => sensitivities(request)),
      failures: part("failures", () => failureLines(evidence)),
      use: part("limits", () => measuredUse(evidence, request.setting.limits)),
      regions: part("regions", () => regionLines(request)),
      trials: part("trials", () => (evidence.trials.length === 0 ? "" : trialTable(evidence, !without.has("derived")))),
      optimizer: part("optimizer", () => optimizer(request)),
      correlations: part("correlations", () => correlations(request)),
      categories: part("categories", () => categories(request)),
      incumbent: part("incumbent", () => incumbent(request)),
      budget: part("budget", () => budget(request)),
      pending: request.pending.map((each) => `- ${configurationLine(request.space, each)}`).join("\n"),
      candidates: candidates(request),
    }).text,
  };
}

function objective({ evidence }: AdviceRequest): string {
  const { metric, direction, constraints = [] } = evidence.objective;
  const subject = constraints.length === 0 ? "" : `, subject to ${constraints.join(" and ")} (metrics of the run)`;
  return `${direction} ${metric}${subject}`;
}

function space(space: SearchSpace): string {
  const lines = space.parameters.map((parameter) => `- ${parameterLine(space, parameter)}`);
  if (space.constraints.length > 0) lines.push("Constraints:", ...space.constraints.map((each) => `- ${each}`));
  return lines.join("\n");
}

function parameterLine(space: SearchSpace, parameter: Parameter): string {
  const parts = [`${parameter.name}: ${domain(space, parameter)}`];
  if (parameter.unit !== undefined) parts.push(`in ${parameter.unit}`);
  parts.push(`default ${space.format(parameter.name, parameter.default)}`);
  if (parameter.when !== undefined) parts.push(`only when ${parameter.when}`);
  return `${parts.join(", ")}${parameter.description === undefined ? "" : `. ${parameter.description}`}`;
}

function domain(space: SearchSpace, parameter: Parameter): string {
  switch (parameter.kind) {
    case "boolean":
      return "true or false";
    case "categorical":
      return `one of ${parameter.choices.map((choice) => space.format(parameter.name, choice)).join(", ")}`;
    case "int":
    case "float": {
      const range = `${parameter.kind} from ${space.format(parameter.name, parameter.low)} to ${space.format(parameter.name, parameter.high)}`;
      const grid =
        parameter.kind === "int" && parameter.powersOf !== undefined
          ? `, powers of ${parameter.powersOf}`
          : parameter.step === undefined
            ? ""
            : `, steps of ${short(parameter.step, 6)}`;
      return `${range}${parameter.scale === "log" ? ", log scale" : ""}${grid}`;
    }
  }
}

function derived(space: SearchSpace): string {
  return space.derived
    .map(
      ({ name, formula, unit, description }) =>
        `- ${name} = ${formula}${unit === undefined ? "" : ` (${unit})`}${description === undefined ? "" : `. ${description}`}`,
    )
    .join("\n");
}

function limits({ setting }: AdviceRequest): string {
  const lines: string[] = [];
  if (setting.limits.seconds !== undefined) lines.push(`- wall time ${duration(setting.limits.seconds)}`);
  if (setting.limits.memoryBytes !== undefined) lines.push(`- memory ${megabytes(setting.limits.memoryBytes)}`);
  return lines.join("\n");
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

function incumbent({ evidence, space }: AdviceRequest): string {
  const best = evidence.incumbent;
  if (best === undefined) return "None yet: no trial has completed.";
  const { group, estimate } = best;
  const value = objectiveValue(estimate.mean, evidence.noise?.deviation);
  const runs = estimate.runs === 1 ? "1 run" : `${estimate.runs} runs`;
  const spread = estimate.deviation > 0 ? ` ± ${short(estimate.deviation, 2)}` : "";
  const lines = [
    `Trial ${group.first.number} (from ${group.first.proposal.origin}): estimated true ${evidence.objective.metric} ${value}${spread} by ${runs}.`,
    configurationLine(space, group.configuration),
  ];
  const start = evidence.group(space.defaults());
  if (start === group) lines.push("It is the default: nothing better has been found yet.");
  else if (start !== undefined) {
    const worth = evidence.estimate(start);
    lines.push(
      worth === undefined
        ? `The default failed (${start.first.outcome.kind === "failed" ? start.first.outcome.failure : "no value"}).`
        : `The default is at ${objectiveValue(worth.mean, evidence.noise?.deviation)}.`,
    );
  }
  return lines.join("\n");
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

function noise({ evidence }: AdviceRequest): string {
  const floor = evidence.noise;
  if (floor === undefined) return "Not measured yet: no configuration has run twice.";
  const repeats = floor.degreesOfFreedom === 1 ? "one repeat" : `${floor.degreesOfFreedom} repeats`;
  if (floor.deviation === 0) return `None seen: ${repeats} gave exactly the same value.`;
  return `Standard deviation between seeds ${short(floor.deviation, 2)}, from ${repeats}.`;
}

function budget({ setting }: AdviceRequest): string {
  const { budget: b } = setting;
  const parts = [b.trials === undefined ? `${b.trialsUsed} trials used` : `trial ${b.trialsUsed + 1} of ${b.trials}`];
  if (b.seconds !== undefined && b.secondsUsed !== undefined) {
    parts.push(`${duration(Math.max(0, b.seconds - b.secondsUsed))} of ${duration(b.seconds)} left`);
  }
  if (b.cost !== undefined && b.costUsed !== undefined) {
    parts.push(`${b.costUsed.toFixed(2)} of ${b.cost.toFixed(2)} US dollars for your answers used`);
  }
  if (setting.parallel > 1) parts.push(`${setting.parallel} trials run at once`);
  return `${parts.join(", ")}.`;
}

function sensitivities({ predictions, evidence, space }: AdviceRequest): string {
  const found = predictions.sensitivities();
  if (found.length === 0) return "";
  return [
    `Predicted difference in ${evidence.objective.metric} between the worst and the best value of one parameter, the others as in the incumbent:`,
    ...found.map(
      ({ name, effect, low, high, best }) =>
        `- ${name}: ${short(effect, 2)} (80 %: ${short(low, 2)} to ${short(high, 2)}), best near ${space.format(name, best)}`,
    ),
  ].join("\n");
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

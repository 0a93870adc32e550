import type { Evidence, NoiseFloor, Objective } from "../../evidence/index.js";
import { duration, megabytes, objectiveValue, short } from "../../evidence/numbers.js";
import type { Parameter } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { Setting } from "../advisor.js";
import type { Sensitivity } from "../predictions.js";
import { configurationLine } from "./configuration-line.js";

/*
 * What a study is and where it stands, in words: the sentences that everyone who is asked for judgement reads, in
 * native units and rounded.
 */

export function objectiveLine({ metric, direction, constraints = [] }: Objective): string {
  const subject = constraints.length === 0 ? "" : `, subject to ${constraints.join(" and ")} (metrics of the run)`;
  return `${direction} ${metric}${subject}`;
}

export function limitLines(limits: Setting["limits"]): string {
  const lines: string[] = [];
  if (limits.seconds !== undefined) lines.push(`- wall time ${duration(limits.seconds)}`);
  if (limits.memoryBytes !== undefined) lines.push(`- memory ${megabytes(limits.memoryBytes)}`);
  return lines.join("\n");
}

export function budgetLine({ budget: b, parallel }: Pick<Setting, "budget" | "parallel">): string {
  const parts = [b.trials === undefined ? `${b.trialsUsed} trials used` : `trial ${b.trialsUsed + 1} of ${b.trials}`];
  if (b.seconds !== undefined && b.secondsUsed !== undefined) {
    parts.push(`${duration(Math.max(0, b.seconds - b.secondsUsed))} of ${duration(b.seconds)} left`);
  }
  if (b.cost !== undefined && b.costUsed !== undefined) {
    parts.push(`${b.costUsed.toFixed(2)} of ${b.cost.toFixed(2)} US dollars for your answers used`);
  }
  if (parallel > 1) parts.push(`${parallel} trials run at once`);
  return `${parts.join(", ")}.`;
}

export function noiseLine(floor: NoiseFloor | undefined): string {
  if (floor === undefined) return "Not measured yet: no configuration has run twice.";
  const repeats = floor.degreesOfFreedom === 1 ? "one repeat" : `${floor.degreesOfFreedom} repeats`;
  if (floor.deviation === 0) return `None seen: ${repeats} gave exactly the same value.`;
  return `Standard deviation between seeds ${short(floor.deviation, 2)}, from ${repeats}.`;
}

/** One line for each parameter, then the constraints. */
export function spaceLines(space: SearchSpace): string {
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

/** The best configuration by estimated true value, next to the default. */
export function incumbentLines(evidence: Evidence): string {
  const { space } = evidence;
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

/** Empty where nothing stands out. */
export function sensitivityLines(found: readonly Sensitivity[], { objective, space }: Evidence): string {
  if (found.length === 0) return "";
  return [
    `Predicted difference in ${objective.metric} between the worst and the best value of one parameter, the others as in the incumbent:`,
    ...found.map(
      ({ name, effect, low, high, best }) =>
        `- ${name}: ${short(effect, 2)} (80 %: ${short(low, 2)} to ${short(high, 2)}), best near ${space.format(name, best)}`,
    ),
  ].join("\n");
}

import type { AdviceRequest } from "../../src/centaur/advisor.js";
import { encodedDistance } from "../../src/space/encoded-distance.js";
import type { Configuration } from "../../src/space/index.js";
import type { Benchmark } from "../tasks/index.js";

/** What a configuration is worth: its loss, Infinity where it fails. */
export type Judge = (configuration: Configuration) => number;

/** By true values; `unknown` where they have to be waited for, as those have that are measured by runs. */
export async function judgeByTruth(task: Benchmark): Promise<Judge | "unknown"> {
  const { space, pool } = task;
  const ofStart = task.trueValue(task.start);
  if (typeof ofStart !== "number") {
    await ofStart;
    return "unknown";
  }
  const knownValue = (configuration: Configuration): number => {
    const value = task.trueValue(configuration);
    if (typeof value !== "number") throw new Error("A true value was there at once, and the next one was not.");
    return value;
  };
  if (pool === undefined) return knownValue;
  // Of recorded runs only rows have values; the nearest row is what runs in place of a configuration.
  const rows = pool.map((configuration) => ({ configuration, point: space.encode(configuration) }));
  return (configuration) => {
    const point = space.encode(configuration);
    const nearest = rows.reduce((a, b) => (encodedDistance(b.point, point) < encodedDistance(a.point, point) ? b : a));
    return knownValue(nearest.configuration);
  };
}

/** By what the trials show: the loss that the surrogate expects, raised by the risk of failing; before there is one, farther away is worse. */
export function judgeByTrials({ space, evidence, predictions }: AdviceRequest): Judge {
  const risk = predictions.feasibility();
  const surrogate = predictions.surrogate();
  const ranked = evidence.ranked(evidence.completeGroups).map(({ losses }) => losses[0] ?? 0);
  const range = ranked.length < 2 ? 1 : Math.abs(ranked.at(-1)! - ranked[0]!) || 1;
  const home = evidence.incumbent?.group.point ?? space.encode(space.defaults());
  return (configuration) =>
    (surrogate?.predict(configuration).mean ?? range * encodedDistance(space.encode(configuration), home)) +
    range * (risk?.probability(configuration) ?? 0);
}

/** Order of losses, infinite ones too, whose difference is not a number. */
export function ascending(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

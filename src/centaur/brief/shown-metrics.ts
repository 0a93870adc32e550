import type { FinishedTrial, Objective } from "../../evidence/index.js";
import { parseExpression } from "../../space/expression/index.js";

/** Columns that metrics other than the objective may take at most. */
const most = 4;
/** Names come out of training logs: what is no plain name stays out of the table. */
const plainName = /^[\w./%-]{1,32}$/;

/**
 * Metrics of the runs that are worth a column: those in constraints first, then others that most complete trials
 * report and that differ between them (steps done, tokens, throughput).
 */
export function shownMetrics(objective: Objective, trials: readonly FinishedTrial[]): readonly string[] {
  const complete = trials.filter(({ outcome }) => outcome.kind === "complete");
  const constrained = (objective.constraints ?? []).flatMap((each) => parseExpression(each).names);
  const values = new Map<string, number[]>();
  for (const { metrics } of complete) {
    for (const [name, value] of Object.entries(metrics)) {
      const before = values.get(name);
      if (before === undefined) values.set(name, [value]);
      else before.push(value);
    }
  }
  const reported = [...values]
    .filter(([, each]) => each.length * 2 > complete.length && new Set(each).size > 1)
    .map(([name]) => name);
  return [...new Set([...constrained, ...reported])]
    .filter((name) => name !== objective.metric && plainName.test(name))
    .slice(0, most);
}

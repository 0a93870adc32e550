import type { Summary } from "../study/summary.js";
import { unansweredText } from "./advice-text.js";
import { commandText, type Whereabouts } from "./command-text.js";
import { counted, percent, type ValueFormat, valueFormat } from "./value-format.js";

/** Format for everything that a summary says about the objective. */
export function summaryFormat({ default: start, best, noise }: Summary): ValueFormat {
  const values = [start, best].flatMap((each) => [
    ...(each?.fresh?.values ?? []),
    ...(each?.estimate ? [each.estimate.mean] : []),
  ]);
  // The final runs show the noise too, often better than the few repeats of the search.
  const samples = [start, best].flatMap((each) => (each?.fresh && each.fresh.values.length > 1 ? [each.fresh] : []));
  const pooled = Math.max(noise?.deviation ?? 0, ...samples.map(({ deviation }) => deviation));
  const repeats = samples.reduce((sum, sample) => sum + sample.values.length - 1, noise?.degreesOfFreedom ?? 0);
  return valueFormat(values, pooled === 0 ? undefined : { deviation: pooled, degreesOfFreedom: repeats });
}

/** What the study found, in one sentence, and whether it is more than noise. */
export interface Verdict {
  readonly kind: "better" | "within-noise" | "worse" | "default-best" | "unconfirmed" | "nothing";
  readonly sentence: string;
}

export function verdictOf(summary: Summary): Verdict {
  const { default: start, best, gain, noise, objective } = summary;
  const { metric } = objective;
  if (best === null) {
    return {
      kind: "nothing",
      sentence:
        summary.trials.complete > 0
          ? `${counted(summary.trials.complete, "trial")} completed, but none can be the answer: each breaks a constraint on metrics, or its configuration failed in most runs.`
          : summary.study.status === "finished"
            ? "No trial completed, so there is no answer."
            : "No trial has completed yet.",
    };
  }
  const format = summaryFormat(summary);
  if (start !== null && start.trial === best.trial) {
    return {
      kind: "default-best",
      sentence:
        summary.study.status === "finished"
          ? "Nothing found was better than the default configuration."
          : "Nothing found so far is better than the default configuration.",
    };
  }
  if (gain === null || best.fresh === null || start?.fresh == null) {
    const value = best.fresh?.mean ?? best.estimate?.mean;
    const from = start?.fresh?.mean ?? start?.estimate?.mean;
    const measured =
      best.fresh !== null
        ? "on fresh seeds"
        : finalRunsFailed(summary)
          ? "by estimate; every run on a fresh seed failed"
          : "by estimate, not confirmed on fresh seeds";
    const found = `${metric} ${from === undefined ? "" : `${format(from)} → `}${value === undefined ? "unknown" : format(value)}, ${measured}`;
    return {
      kind: "unconfirmed",
      sentence: from === undefined ? `${found}; the default has no value to compare with.` : `${found}.`,
    };
  }
  const better = gain.absolute > 0;
  const size = gain.relative === undefined ? format(Math.abs(gain.absolute)) : percent(Math.abs(gain.relative));
  const change = `${metric} ${format(start.fresh.mean)} → ${format(best.fresh.mean)}, ${size} ${better ? "better" : "worse"}`;
  const seeds = best.fresh.values.length;
  if (noise?.deviation === 0) {
    return { kind: better ? "better" : "worse", sentence: `${change}; runs do not depend on the seed.` };
  }
  if (gain.interval === undefined) {
    return {
      kind: "within-noise",
      sentence: `${change} on one fresh seed, which cannot show whether it is more than noise.`,
    };
  }
  const interval = `95 % interval of the gain ${format(gain.interval[0])} to ${format(gain.interval[1])} on ${counted(seeds, "fresh seed")} each`;
  if (gain.significant) return { kind: "better", sentence: `${change}, beyond the noise (${interval}).` };
  if (gain.interval[1] < 0) return { kind: "worse", sentence: `${change}, beyond the noise (${interval}).` };
  return { kind: "within-noise", sentence: `${change}, but within the noise (${interval}).` };
}

function finalRunsFailed({ study, trials }: Summary): boolean {
  return study.status === "finished" && trials.final > 0;
}

/** What a person must not overlook, one sentence each. */
export function warningsOf(summary: Summary, at: Whereabouts = {}): readonly string[] {
  const { default: start, best, advice, trials, cost, code } = summary;
  const warnings: string[] = [];
  switch (verdictOf(summary).kind) {
    case "within-noise":
      warnings.push(
        "The gain is not significant: it may be luck. More trials, more final seeds (noise.final_seeds) or a less noisy metric would tell.",
      );
      break;
    case "worse":
      warnings.push("On fresh seeds the answer is worse than the default: keep the default.");
      break;
    default:
  }
  if (start !== null && start.estimate === null && summary.trials.total > trials.unfinished) {
    warnings.push(
      `The default configuration failed (${commandText(`show ${start.trial}`, at)}), so nothing is compared with it.`,
    );
  }
  if (best !== null && best.fresh === null && finalRunsFailed(summary)) {
    warnings.push("Every final run of the answer failed: do not use it before you know why.");
  }
  for (const [name, measured] of [
    ["the answer", best],
    ["the default", start],
  ] as const) {
    const failed = measured?.fresh?.failed ?? 0;
    if (failed > 0) {
      const total = failed + (measured?.fresh?.values.length ?? 0);
      warnings.push(`${failed} of ${counted(total, "final run")} of ${name} failed: it does not run reliably.`);
    }
  }
  for (const [advisor, each] of Object.entries(advice)) {
    const unanswered = unansweredText(each);
    if (unanswered === undefined) continue;
    const never = each.failed === each.turns ? " See what is wrong with: agent-tune doctor --online." : "";
    warnings.push(`The advisor ${advisor} gave ${unanswered}. The optimizer's proposals ran instead.${never}`);
  }
  if (code !== null && code.held > 0) {
    warnings.push(
      `${counted(code.held, "code version looks", "code versions look")} better and ${code.held === 1 ? "is" : "are"} held for you to judge: ${commandText("code tree", at)}.`,
    );
  }
  if (cost.unsettled > 0) {
    warnings.push(
      `${counted(cost.unsettled, "model call was", "model calls were")} cut off; the cost counts all that was set aside for them.`,
    );
  }
  return warnings;
}

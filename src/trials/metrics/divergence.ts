import type { Observation } from "../outcome.js";
import type { LimitSettings, ObjectiveSettings } from "../settings.js";

/** A metric that is a loss by its name: `loss`, `train_loss`, `eval/loss`. */
const lossName = /(?:^|[^a-z])loss$/i;

/**
 * Decides from one observation whether training has diverged, and says how. By default the objective's metric and
 * every loss are watched for NaN and infinity; others may well be infinite in a healthy run, as a gradient norm is
 * in the first steps of mixed-precision training.
 */
export function divergence(
  observation: Observation,
  objective: Pick<ObjectiveSettings, "metric">,
  limits: Pick<LimitSettings, "diverged_on" | "diverged_above">,
): string | undefined {
  const { metric, value, step } = observation;
  const watched = metric === objective.metric || (limits.diverged_on?.includes(metric) ?? lossName.test(metric));
  if (watched && !Number.isFinite(value)) return `${metric} became ${value} at step ${step}`;
  const limit = limits.diverged_above;
  if (metric === objective.metric && limit !== undefined && value > limit) {
    return `${metric} was ${value} at step ${step}, above the limit of ${limit}`;
  }
  return undefined;
}

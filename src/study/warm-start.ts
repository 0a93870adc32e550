import { AgentTuneError } from "../errors.js";
import { toLoss } from "../evidence/index.js";
import { optimizerFactories, optimizerFactory } from "../optimizers/index.js";
import type { Told } from "../optimizers/optimizer.js";
import { SearchSpace } from "../space/index.js";
import type { Store } from "../store/index.js";
import type { StudySettings } from "./settings.js";
import { storedSettings } from "./stored-definition.js";

/**
 * Complete results of the earlier study that `settings.warmStart` names, as far as they are configurations of this
 * study's search space.
 *
 * @throws AgentTuneError `usage` where the optimizer cannot use them, the earlier study had another objective, or
 *   nothing of it fits; what the store throws where there is no such study
 */
export function earlierResults(store: Store, settings: StudySettings): readonly Told[] {
  const { warmStart, objective } = settings;
  if (warmStart === undefined) return [];
  if (!optimizerFactory(settings.optimizer).takesWarmStart) {
    const able = optimizerFactories.filter(({ takesWarmStart }) => takesWarmStart).map(({ name }) => name);
    throw new AgentTuneError("usage", {
      message: `The optimizer ${settings.optimizer} cannot start from the results of an earlier study.`,
      remedy: `Choose one that can: ${able.join(", ")}. Or leave the warm start out.`,
    });
  }
  const record = store.findStudy(warmStart);
  const earlier = storedSettings(record).objective;
  if (earlier.metric !== objective.metric || earlier.direction !== objective.direction) {
    throw new AgentTuneError("usage", {
      message: `Study ${record.name} has the objective ${earlier.direction} ${earlier.metric}, this one ${objective.direction} ${objective.metric}.`,
      where: `study ${record.id}`,
      remedy: "Start from a study with the same objective.",
    });
  }
  const space = SearchSpace.from(settings.space);
  const results = store.trials(record.id).flatMap(({ proposal, outcome }): Told[] => {
    if (outcome?.kind !== "complete") return [];
    const known = Object.entries(proposal.configuration).filter(([name]) =>
      space.parameters.some((each) => each.name === name),
    );
    const read = space.read(Object.fromEntries(known));
    if (!read.ok) return [];
    return [
      { configuration: read.configuration, evaluation: { kind: "value", value: toLoss(objective, outcome.value) } },
    ];
  });
  if (results.length > 0) return results;
  throw new AgentTuneError("usage", {
    message: `Study ${record.name} has no complete trial that is a configuration of this study's search space.`,
    where: `study ${record.id}`,
    remedy: "Start from a study over the same parameters with the same ranges, or leave the warm start out.",
  });
}

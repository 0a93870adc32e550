import { baseVersion } from "../code/version.js";
import { optimizerFactory } from "../optimizers/index.js";
import type { OptimizerView } from "../optimizers/optimizer.js";
import { SearchSpace } from "../space/search-space.js";
import { readSnapshot } from "../study/snapshot.js";
import type { StudyReading } from "../study/summary.js";

/**
 * What the optimizer of a stored study believes, in the user's units: that of the version which the study would answer
 * with. Undefined before its first durable point.
 */
export function storedView({ snapshot, settings, head }: StudyReading): OptimizerView | undefined {
  if (snapshot === undefined) return undefined;
  const { code, ...base } = readSnapshot(snapshot.version, snapshot.text);
  const { space, optimizer } = code?.tracks[head ?? baseVersion] ?? { space: settings.space, ...base };
  return optimizerFactory(settings.optimizer).restore(SearchSpace.from(space), optimizer).view();
}

import { optimizerFactory } from "../optimizers/index.js";
import type { OptimizerView } from "../optimizers/optimizer.js";
import type { SearchSpace } from "../space/search-space.js";
import { readSnapshot } from "../study/snapshot.js";
import type { StudyReading } from "../study/summary.js";

/** What the optimizer of a stored study believes, in the user's units; undefined before its first durable point. */
export function storedView({ snapshot, settings }: StudyReading, space: SearchSpace): OptimizerView | undefined {
  if (snapshot === undefined) return undefined;
  const { optimizer } = readSnapshot(snapshot.version, snapshot.text);
  return optimizerFactory(settings.optimizer).restore(space, optimizer).view();
}

// Not from the room's index: every view of a study loads this, and none needs the Python parser that comes along.
import { joinSpace } from "../../code/parameters/join-space.js";
import type { CodeVersion } from "../../code/version.js";
import type { SpaceDefinition } from "../../space/parameter.js";

/** What of a version says which parameters it has. */
export type Declaring = Pick<CodeVersion, "parent" | "declares" | "removes">;

/**
 * The search space of a version: the study's own, with what each version on the way from the first one declares and
 * removes. Defaults are as they were declared.
 *
 * @param space as the study file gives it
 * @param versions by id; all from the first to this one
 */
export function versionSpace(
  space: SpaceDefinition,
  versions: ReadonlyMap<string, Declaring>,
  id: string,
): SpaceDefinition {
  const version = versions.get(id);
  if (version === undefined) throw new Error(`There is no code version ${id}.`);
  const { parent, declares, removes } = version;
  if (parent === null) return space;
  const joined = joinSpace(versionSpace(space, versions, parent), declares, removes);
  // It was joined once, when the version was made.
  if (!joined.ok) throw new Error(`The search space of ${id} does not fit together: ${joined.problems.join("; ")}`);
  return joined.space;
}

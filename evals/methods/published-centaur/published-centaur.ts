import { AgentTuneError } from "../../../src/errors.js";
import { deriveSeed } from "../../../src/math/random.js";
import { readAdvisor } from "../../advisors/index.js";
import type { ModelSurroundings } from "../../models/index.js";
import { readHybridName } from "../hybrid-name.js";
import type { Method } from "../method.js";
import { PublishedSession } from "./session.js";
import { publishedCentaurName, readSwitches } from "./switches.js";

/** `published-centaur`, with switches, with an advisor, or with both. */
export function isPublishedCentaur(name: string): boolean {
  return /^[^:+]*/.exec(name)?.[0] === publishedCentaurName;
}

/**
 * The published Centaur by its name: `published-centaur` for its optimizer alone, `published-centaur+rules@0.3` with an
 * advisor at a nominal share, `published-centaur:start=default,injection=clipped+rules@0.3` with faults repaired.
 *
 * @throws AgentTuneError `usage` for switches that there are not, and where an advisor has no fixed share: the published
 *   system has no other
 */
export function publishedCentaurMethod(name: string, surroundings?: ModelSurroundings): Method {
  const { optimizer, advisor, share } = name.includes("+")
    ? readHybridName(name)
    : { optimizer: name, advisor: "none", share: 0 };
  const switches = readSwitches(optimizer);
  if (share === "adaptive" && advisor !== "none") {
    throw new AgentTuneError("usage", {
      message: `"${name}" has no share for its advisor; the published Centaur has fixed ones only.`,
      remedy: `Write ${name}@0.3 for its default.`,
    });
  }
  const { needsOptimum, open } = readAdvisor(advisor, surroundings);
  return {
    name,
    needsOptimum,
    close: () => {},
    async open(context) {
      const opened = open({
        task: context.task,
        method: name,
        seed: deriveSeed(context.seed, "advisor"),
        runSeed: context.runSeed,
      });
      return new PublishedSession({ context, switches, advisor: opened, share });
    },
  };
}

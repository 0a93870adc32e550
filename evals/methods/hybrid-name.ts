import type { Share } from "../../src/centaur/turn-policy.js";
import { AgentTuneError } from "../../src/errors.js";

/** A method of two: `cma-es+rules`, `tpe+oracle:quality=0.5@0.3`, `cma-es+openai:NAME@adaptive`. */
export interface HybridName {
  readonly name: string;
  /** With its settings. */
  readonly optimizer: string;
  /** With its settings. */
  readonly advisor: string;
  readonly share: Share;
}

/**
 * Reads OPTIMIZER+ADVISOR[@SHARE]; the share is adaptive where it is not given.
 *
 * @throws AgentTuneError `usage` for a share that is neither `adaptive` nor a number from 0 to 1
 */
export function readHybridName(name: string): HybridName {
  const plus = name.indexOf("+");
  const optimizer = name.slice(0, plus);
  const partner = name.slice(plus + 1);
  // Addresses of servers have one too, and slashes after it.
  const at = partner.search(/@[^@/]*$/);
  const after = at < 0 ? "adaptive" : partner.slice(at + 1);
  const share = after === "adaptive" ? after : Number(after);
  if (plus <= 0 || partner === "" || at === 0 || (share !== "adaptive" && !(share >= 0 && share <= 1))) {
    throw new AgentTuneError("usage", {
      message: `"${name}" is not an optimizer with an advisor.`,
      remedy: "Write OPTIMIZER+ADVISOR or OPTIMIZER+ADVISOR@SHARE, for example cma-es+rules@0.3.",
    });
  }
  return { name, optimizer, advisor: at < 0 ? partner : partner.slice(0, at), share };
}

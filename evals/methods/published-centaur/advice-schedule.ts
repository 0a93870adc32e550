import { decideTurn, firstTurn } from "../../../src/centaur/turn-policy.js";
import type { PublishedSwitches } from "./switches.js";

/**
 * Which trials are the advisor's. As published, those whose number is a multiple of round(1 / share) and at least
 * `first`: a share of 0.3 is a third, and one of 0.7 or more is every trial.
 *
 * @param share nominal, in [0, 1]
 * @returns asked once for each trial, in ascending order; whether it is the advisor's
 */
export function adviceSchedule(
  share: number,
  { quota, first }: Pick<PublishedSwitches, "quota" | "first">,
): (trial: number) => boolean {
  if (share === 0) return () => false;
  if (quota === "period") {
    const period = Math.max(1, halfToEven(1 / share));
    return (trial) => trial >= first && trial % period === 0;
  }
  let state = firstTurn;
  return (trial) => {
    if (trial < first) return false;
    const { side, next } = decideTurn(state, share, 0);
    state = next;
    return side === "advisor";
  };
}

/** Python's `round`, with which the period is computed: 2.5 becomes 2. */
function halfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

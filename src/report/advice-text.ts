import type { Advice } from "../study/advice-by-advisor.js";
import { counted } from "./value-format.js";

/** "no answer in 12 of 12 turns: network 5, breaker_open 7"; undefined where every turn was answered. */
export function unansweredText({ turns, failed, failures }: Advice): string | undefined {
  if (failed === 0) return undefined;
  const kinds = Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => (failed === count ? kind : `${kind} ${count}`));
  return `no answer in ${failed} of ${counted(turns, "turn")}: ${kinds.join(", ")}`;
}

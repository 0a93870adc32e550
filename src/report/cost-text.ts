import type { Summary } from "../study/summary.js";
import { counted, dollars } from "./value-format.js";

/** What model calls cost, in words. An unknown price is never shown as zero. */
export function costText({ cost, advisor }: Pick<Summary, "cost" | "advisor">): string {
  if (cost.calls === 0) return advisor === null ? "no model was asked (the optimizer alone)" : "no model was asked";
  const price = cost.usd === null ? "price unknown (set it under prices: in the study file)" : dollars(cost.usd);
  return `${counted(cost.calls, "call")}, ${counted(cost.tokens, "token")}, ${price}`;
}

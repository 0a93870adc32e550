import { z } from "zod";
import type { Gaussian } from "./gaussian.js";

/**
 * The Gaussian that a candidate was sampled from. Results come late when several trials run at once, and then the
 * distribution has moved on.
 */
export const originSchema = z.object({
  /** Completed updates when it was sampled. */
  generation: z.number(),
  /** n coordinates. */
  mean: z.array(z.number()),
  stepSize: z.number(),
  /** n entries: the scale that the margin put on each coordinate. */
  scale: z.array(z.number()),
});
export type Origin = z.infer<typeof originSchema>;

/** Where a late result was sampled, and how long ago. */
export interface LateOrigin extends Omit<Origin, "generation"> {
  /** Completed updates since, at least 1. */
  readonly age: number;
}

export function originOf(gaussian: Gaussian | undefined, generation: number): Origin {
  return {
    generation,
    mean: Array.from(gaussian?.mean ?? []),
    stepSize: gaussian?.stepSize ?? 1,
    scale: Array.from(gaussian?.scale ?? []),
  };
}

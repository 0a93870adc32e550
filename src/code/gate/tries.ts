import { z } from "zod";

/**
 * The level of each test in a study that tries many versions: with a hundred of them at 5 %, five would be kept by luck.
 *
 * Rule: test j may err with probability alpha_j = alpha * gamma_j * (kept + 1), where the gammas sum to one and `kept`
 * counts the versions that had passed before it began (e-LOND, Xu and Ramdas 2024). Then the expected share of versions
 * without a gain among those that pass stays at or below alpha, however many are tried and whenever one stops: with
 * R versions kept in the end, that share is at most the sum over tests of 1{passed} / (kept before + 1), and each passes
 * without a gain with probability at most alpha_j, given all that came before, because its runs have fresh seeds. It
 * holds for tests under way at the same time as well. In a study whose versions gain nothing at all it bounds the chance
 * that a single one is ever kept.
 *
 * LORD++ (Ramdas, Yang, Wainwright and Jordan 2017) recovers more after a discovery but needs independent p-values for
 * this bound; the tests of one study share a parent and a history.
 */
export const triesSchema = z.object({
  /** Tests begun. */
  begun: z.number().int().nonnegative(),
  /** Of these, the ones that showed a gain. */
  kept: z.number().int().nonnegative(),
  /** Versions kept because they are equal and simpler. */
  simplified: z.number().int().nonnegative(),
});
export type Tries = z.infer<typeof triesSchema>;

export const noTries: Tries = { begun: 0, kept: 0, simplified: 0 };

/** gamma_j is proportional to (j + 3)^-1.5: flat over the few tries of a short study, with enough left for hundreds. */
const offset = 3;
const exponent = 1.5;
/** Sum of (j + offset)^-exponent over j = 1, 2, ...: a thousand terms, then the integral. */
const total =
  Array.from({ length: 1000 }, (_, j) => (j + 1 + offset) ** -exponent).reduce((sum, term) => sum + term, 0) +
  (1000.5 + offset) ** (1 - exponent) / (exponent - 1);

/** Never looser than this, however many versions were kept: an interval of 95 % around the gain then excludes zero. */
const loosest = 0.02;

/**
 * The level of the test that begins next.
 *
 * @param confidence 0.95: at most 5 % of the versions that pass have no gain
 */
export function nextLevel(tries: Tries, confidence: number): number {
  const gamma = (tries.begun + 1 + offset) ** -exponent / total;
  return Math.min(loosest, (1 - confidence) * gamma * (tries.kept + 1));
}

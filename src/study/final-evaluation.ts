import { baseVersion } from "../code/version.js";
import type { Evidence } from "../evidence/index.js";
import { deriveSeed } from "../math/random.js";
import type { TrialRecord } from "../store/index.js";
import type { Proposal } from "../trials/proposal.js";

/** A proposal with the seed it has to run on. */
export interface SeededProposal {
  readonly proposal: Proposal;
  readonly seed: number;
}

/** Fresh seeds that the final re-evaluation uses: one where repeats have shown that the seed changes nothing. */
export function finalSeeds(evidence: Evidence, wanted: number): number {
  return evidence.noise?.deviation === 0 ? Math.min(1, wanted) : wanted;
}

/**
 * The runs that re-evaluate the answer, next to the default, on seeds that the search never used; both on the same
 * seeds, so that what the seeds do to both cancels in the difference.
 *
 * @param head what the study answers with: evidence of its version, and which that is where the code is searched
 * @param base evidence of the code as it was given, with the default
 * @param seeds how many
 * @param used how many of the study's final seeds an earlier end has used
 */
export function finalRuns(
  head: { readonly evidence: Evidence; readonly version?: string },
  base: { readonly evidence: Evidence },
  studySeed: number,
  seeds: number,
  used = 0,
): readonly SeededProposal[] {
  const best = head.evidence.incumbent?.group;
  if (best === undefined) return [];
  const start = base.evidence.group(base.evidence.space.defaults());
  const compared = start === undefined || start === best ? [best] : [start, best];
  return compared
    .filter((group) => group.losses.length > 0)
    .flatMap((group) =>
      Array.from({ length: seeds }, (_, index) => ({
        proposal: {
          configuration: group.configuration,
          ...(head.version === undefined ? {} : { version: group === best ? head.version : baseVersion }),
          origin: group.first.proposal.origin,
          purpose: "final" as const,
          reason: group === best ? "the answer, on a fresh seed" : "the default, on a fresh seed",
          replicateOf: group.first.number,
        },
        seed: trialSeed(studySeed, "final", used + index),
      })),
    );
}

/**
 * The final runs of the latest end. A study that went on after its end has those of the earlier ends as well, which
 * say nothing about what was found since.
 *
 * @param trials by number
 */
export function latestFinalRuns<Trial extends Pick<TrialRecord, "proposal">>(
  trials: readonly Trial[],
): readonly Trial[] {
  const last = trials.findLastIndex(({ proposal }) => proposal.purpose !== "final");
  return trials.slice(last + 1);
}

/** Below 2^31: some frameworks take no more. */
export function trialSeed(studySeed: number, purpose: "trial" | "gate" | "final", index: number): number {
  return deriveSeed(studySeed, purpose, index) >>> 1;
}

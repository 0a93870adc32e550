import { type Candidate, nextForCandidate } from "../code/gate/index.js";
import { baseVersion, versionOf } from "../code/version.js";
import { type Objective, toLoss } from "../evidence/index.js";
import type { TrialRecord } from "../store/index.js";
import type { CodeStanding } from "../study/study.js";
import type { StudyEvent } from "../study/study-events.js";
import type { Summary } from "../study/summary.js";
import { cut, printable } from "./terminal-text.js";
import { counted, type ValueFormat } from "./value-format.js";

/** The longest that a sentence of a model or a log may be in a line. */
const sentenceWidth = 200;

type CodeSummary = NonNullable<Summary["code"]>;

/** "v2; 5 versions tried: 1 kept, 3 rejected, 1 held for you to judge; 2 edits refused". */
export function codeStandingText(code: CodeSummary): string {
  const { head, versions, refused } = code;
  const tried = Math.max(0, versions - 1);
  const became = [
    ...(code.kept === 0 ? [] : [`${code.kept} kept`]),
    ...(code.rejected === 0 ? [] : [`${code.rejected} rejected`]),
    ...(code.failed === 0 ? [] : [`${code.failed} failed`]),
    ...(code.held === 0 ? [] : [`${code.held} held for you to judge`]),
  ];
  return [
    head === baseVersion ? `${head}, the code as it was given` : head,
    tried === 0
      ? "no other version tried"
      : `${counted(tried, "version")} tried${became.length === 0 ? "" : `: ${became.join(", ")}`}`,
    ...(refused === 0 ? [] : [`${counted(refused, "edit")} refused`]),
  ].join("; ");
}

/** "v3 against v1: tuning, 2 of 6 trials"; undefined while no version is under trial. */
export function tryingText({ trying }: Pick<CodeStanding, "trying">): string | undefined {
  if (trying === undefined) return undefined;
  return `${trying.version} against ${trying.parent}: ${stageText(trying.plan, trying.parent)}`;
}

function stageText(plan: Candidate, parent: string): string {
  const step = nextForCandidate(plan);
  switch (step.kind) {
    case "check":
      return "check run with the best numbers so far";
    case "tune-candidate":
      return `tuning, ${plan.candidateLosses.length - 1} of ${counted(plan.tuning, "trial")}`;
    case "tune-parent":
      return `tuning ${parent} alike, ${plan.parentLosses.length} of ${counted(plan.tuning, "trial")}`;
    case "pairs":
      return `pair ${plan.pairs.length + 1} on fresh seeds`;
    case "verdict":
      // A gain is the code's only where it shows with the same numbers on both sides.
      return step.decision.kind === "keep" ? "with the same numbers on both sides" : "being judged";
  }
}

/** What an event says about the code, as a line; undefined for all others, and for the code as it was given. */
export function codeEventText(event: StudyEvent): string | undefined {
  switch (event.type) {
    case "version.made": {
      if (event.parent === null) return undefined;
      const flags = event.flags === 0 ? "" : ` (${counted(event.flags, "place")} to look at)`;
      return `${event.version} made from ${event.parent}: ${sentence(event.summary)}${flags}`;
    }
    case "version.decided":
      return `${event.version} ${event.status}: ${sentence(event.reason)}`;
    case "version.refused":
      return `edit of ${event.parent} refused (${sentence(event.summary)}): ${sentence(event.reason)}`;
    case "coder.failed":
      return `no new version (${event.failure}): ${sentence(event.message)}`;
    case "coder.passed":
      return `no new version, the coder sees nothing worth trying: ${sentence(event.reason)}`;
    case "move.decided":
      return event.kind === "structure"
        ? `asking for an edit of the code: ${sentence(event.reason)}`
        : `tuning numbers: ${sentence(event.reason)}`;
    default:
      return undefined;
  }
}

/**
 * What a pair of the gate shows, once both of its runs have ended: "pair 2 on seed 71: v3 0.812, v2 0.834, better by
 * 0.022".
 *
 * @param trial one run of the pair, which has ended
 * @param trials where the other is found
 */
export function pairText(
  trial: TrialRecord,
  trials: readonly TrialRecord[],
  objective: Objective,
  format: ValueFormat,
): string | undefined {
  const { pair } = trial.proposal;
  if (pair === undefined) return undefined;
  const { candidate, number } = pair;
  const runs = trials.filter(
    ({ proposal, outcome }) =>
      outcome !== undefined && proposal.pair?.candidate === candidate && proposal.pair.number === number,
  );
  const own = runs.find(({ proposal }) => versionOf(proposal) === candidate);
  // The run that has ended last says against what: the parent at its best, or with the same numbers.
  const isOther = ({ proposal }: TrialRecord): boolean => versionOf(proposal) !== candidate;
  const other = isOther(trial) ? trial : runs.find(isOther);
  if (own === undefined || other === undefined) return undefined;
  const side = ({ proposal, outcome }: TrialRecord): string =>
    `${versionOf(proposal)}${proposal.pair?.sameNumbers === true ? ` with the numbers of ${candidate}` : ""} ${outcome?.kind === "complete" ? format(outcome.value) : "failed"}`;
  const gain =
    own.outcome?.kind === "complete" && other.outcome?.kind === "complete"
      ? toLoss(objective, other.outcome.value) - toLoss(objective, own.outcome.value)
      : undefined;
  const verdict =
    gain === undefined
      ? ""
      : gain === 0
        ? ", the same"
        : `, ${gain > 0 ? "better" : "worse"} by ${format(Math.abs(gain))}`;
  return `pair ${number} on seed ${own.seed}: ${side(own)}, ${side(other)}${verdict}`;
}

function sentence(text: string): string {
  return cut(printable(text), sentenceWidth);
}

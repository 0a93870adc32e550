import { type Advice, AdviceProblems } from "../../src/centaur/advice.js";
import type { AdviceRequest } from "../../src/centaur/advisor.js";
import type { Configuration } from "../../src/space/index.js";

/** A configuration that could be proposed, and why. */
export interface Idea {
  readonly configuration: Configuration;
  readonly reason: string;
  /** Value that is claimed for it, in the objective's units. */
  readonly expected?: number;
}

/** One advisor's answer to one request, which grows decision by decision and is always one that the review admits. */
export class Answer {
  private readonly decisions: object[] = [];
  /** Keys of what is queued or running, and of what this answer proposes already. */
  private readonly taken: Set<string>;
  private changes = 0;

  constructor(private readonly request: AdviceRequest) {
    this.taken = new Set(request.pending.map((configuration) => request.space.key(configuration)));
  }

  /** Whether another candidate may be replaced. */
  get hasChanges(): boolean {
    return this.changes < this.request.changes;
  }

  /**
   * Replaces a candidate with the first idea that has neither run nor is about to, and that the review admits.
   *
   * @param candidate 1 for the first
   * @param ideas finitely many, best first
   * @returns false where there is none; the candidate is then undecided
   */
  propose(candidate: number, ideas: Iterable<Idea>): boolean {
    const { space, evidence, candidates } = this.request;
    const others = new Set(candidates.flatMap((each, index) => (index === candidate - 1 ? [] : [space.key(each)])));
    for (const { configuration, reason, expected } of ideas) {
      const key = space.key(configuration);
      if (this.taken.has(key) || others.has(key) || (evidence.group(configuration)?.judged ?? 0) > 0) continue;
      const decision = { candidate, action: "propose", values: configuration, reason, expected };
      if (!this.admitted(decision)) continue;
      this.taken.add(key);
      this.decisions.push(decision);
      this.changes++;
      return true;
    }
    return false;
  }

  accept(candidate: number, reason: string): void {
    this.decisions.push({ candidate, action: "accept", reason });
  }

  veto(candidate: number, reason: string): void {
    this.decisions.push({ candidate, action: "veto", reason });
  }

  /**
   * The answer as the study reads it; accepts the first candidate where nothing was decided.
   *
   * @param note for the advisor's own later turns
   */
  send(note?: string): Advice {
    if (this.decisions.length === 0) this.accept(1, "every configuration that came to mind has run or is refused");
    return this.request.review({ decisions: this.decisions, ...(note !== undefined && { note }) });
  }

  private admitted(decision: object): boolean {
    try {
      this.request.review({ decisions: [...this.decisions, decision] });
      return true;
    } catch (error) {
      if (error instanceof AdviceProblems) return false;
      throw error;
    }
  }
}

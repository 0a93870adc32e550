import { type Coder, CoderFailure, type CoderRequest, type EditSubmission, type Submission } from "./coder.js";
import { problemLines } from "./submission.js";

/** A submission of a script; without a parent it builds on the suggested one. */
export type ScriptedSubmission =
  | (Omit<EditSubmission, "parent" | "declares" | "removes"> &
      Partial<Pick<EditSubmission, "parent" | "declares" | "removes">>)
  | Extract<Submission, { readonly kind: "nothing" }>;

/**
 * A stand-in for a model, for tests and demonstrations: plays a list of submissions, one for each turn, by the
 * turn's number, so that a resumed study goes on with the right one. Has nothing to try when the list is at its end.
 */
export class ScriptedCoder implements Coder {
  readonly name = "scripted stand-in (no model)";

  constructor(private readonly script: readonly ScriptedSubmission[]) {}

  async propose(request: CoderRequest): Promise<Submission> {
    const line = this.script[request.attempt];
    if (line === undefined) return { kind: "nothing", reason: "The script is at its end." };
    if (line.kind === "nothing") return line;
    const submission: EditSubmission = { parent: request.parent, declares: {}, removes: [], ...line };
    const review = await request.review(submission);
    if (review.ok) return submission;
    throw new CoderFailure("refused", `its submission was refused: ${problemLines(review.problems)}`, {
      blame: "coder",
    });
  }
}

import { AgentTuneError } from "../errors.js";
import type { Evaluation } from "./optimizer.js";

/**
 * @throws AgentTuneError `internal` where a value or severity is not finite: such a result is a failure, and
 * ranking it as a value would silently make the ranking of a whole generation meaningless
 */
export function checkEvaluation(evaluation: Evaluation): void {
  const number = evaluation.kind === "value" ? evaluation.value : evaluation.severity;
  if (!Number.isFinite(number)) {
    throw new AgentTuneError("internal", {
      message: `An optimizer was told the ${evaluation.kind} ${number}.`,
      remedy: "Tell results that are not finite as failures with a finite severity.",
    });
  }
}

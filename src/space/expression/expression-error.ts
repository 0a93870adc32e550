import { AgentTuneError } from "../../errors.js";

/** `message` and, where known, `remedy` are about the character at offset `at` of the expression. */
export interface ExpressionFault {
  readonly at: number;
  readonly message: string;
  readonly remedy?: string | undefined;
}

/** The error for a fault: the sentence, the expression, and a caret below the place. */
export function expressionError(text: string, fault: ExpressionFault): AgentTuneError {
  // A line break or tab inside the text would move the caret away from its place.
  const shown = text.replace(/\s/g, " ");
  return new AgentTuneError("expression_invalid", {
    message: `${fault.message}\n  ${shown}\n  ${" ".repeat(fault.at)}^`,
    where: `column ${fault.at + 1} of the expression`,
    ...(fault.remedy === undefined ? {} : { remedy: fault.remedy }),
  });
}

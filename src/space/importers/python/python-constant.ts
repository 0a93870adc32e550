/** A named literal that can be rewritten: `LEARNING_RATE = 3e-4  # peak`, or a field of a dataclass. */
export interface PythonConstant {
  /** `LEARNING_RATE`; `Config.lr` for a field of a dataclass. */
  readonly name: string;
  readonly value: number | string | boolean;
  /** Python's type of the value as written: 1 is an int, 1.0 a float. */
  readonly kind: "int" | "float" | "string" | "boolean";
  /** Offsets of the value expression in the source, without enclosing parentheses. */
  readonly from: number;
  readonly to: number;
  /** Line on which the statement begins, from 1. */
  readonly line: number;
  /** Text of the comment behind the statement, or the help of a dataclass field. */
  readonly comment?: string;
  /** Type annotation as written, for example `float`. */
  readonly annotation?: string;
  /** Lines further down that may give the name another value, so that this one may not take effect. */
  readonly reassignedAt?: readonly number[];
}

import { createHash } from "node:crypto";
import type { Share } from "../../src/centaur/turn-policy.js";

/** One way to tune the same problem: an optimizer with an advisor beside it, or alone. */
export interface Arm {
  /** As a method is named: `cma-es`, `cma-es+rules`, `tpe+openai:NAME@0.3`. */
  readonly name: string;
  /** With its settings. */
  readonly optimizer: string;
  /** `none`, `rules` or `provider:name`. */
  readonly advisor: string;
}

/** Every optimizer with every advisor, optimizers outermost. */
export function armsOf(optimizers: readonly string[], advisors: readonly string[], share: Share): readonly Arm[] {
  const part = share === "adaptive" ? "" : `@${share}`;
  return optimizers.flatMap((optimizer) =>
    advisors.map((advisor) => ({
      name: advisor === "none" ? optimizer : `${optimizer}+${advisor}${part}`,
      optimizer,
      advisor,
    })),
  );
}

/** Whether asking this advisor is calling a language model. */
export function asksModel({ advisor }: Pick<Arm, "advisor">): boolean {
  return advisor !== "none" && advisor !== "rules";
}

/** Two arms and what is asked of them: whether the first does better than the second. */
export interface Contrast {
  readonly arm: Arm;
  readonly reference: Arm;
}

/**
 * What is compared: each advisor with the first one over the same optimizer; where there is one advisor only, each
 * optimizer with the first one. No other pairs: every further comparison makes each of them harder to decide.
 *
 * @param arms as {@link armsOf} orders them
 */
export function contrastsOf(arms: readonly Arm[]): readonly Contrast[] {
  const advisors = new Set(arms.map(({ advisor }) => advisor));
  return arms.flatMap((arm) => {
    const reference = arms.find((each) => (advisors.size > 1 ? each.optimizer === arm.optimizer : true));
    return reference === undefined || reference === arm ? [] : [{ arm, reference }];
  });
}

/** Id of the study of one arm and seed: the same whenever the evaluation is called, so that a study is found again. */
export function studyId({ name }: Arm, seed: number): string {
  const readable = name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40);
  return `${readable}-${createHash("sha256").update(name).digest("hex").slice(0, 6)}-s${seed}`;
}

import { z } from "zod";
import { type CodeSettings, codeSettingsFor, readSandboxChoice } from "../code/settings.js";
import type { Budget } from "./settings.js";
import type { StudyDefinition } from "./study-file/study-definition.js";

/**
 * What a person says on the command line instead of in the study file. Stored with the study, so that a resumed one
 * is the same study.
 */
export const overridesSchema = z.strictObject({
  trials: z.number().int().positive().exactOptional(),
  /** Seconds. */
  time: z.number().positive().exactOptional(),
  cost: z.number().nonnegative().exactOptional(),
  tokens: z.number().int().nonnegative().exactOptional(),
  seed: z.number().int().nonnegative().exactOptional(),
  parallel: z.number().int().positive().exactOptional(),
  optimizer: z.string().exactOptional(),
  warmStart: z.string().exactOptional(),
  /** `auto`, `none`, `rules` or `provider:name`. */
  model: z.string().exactOptional(),
  baseUrl: z.string().exactOptional(),
  share: z.union([z.literal("adaptive"), z.number().min(0).max(1)]).exactOptional(),
  review: z.enum(["trial", "generation"]).exactOptional(),
  /** Patterns of files that the model may edit. */
  edit: z.array(z.string()).exactOptional(),
  /** How edited code is confined: `auto`, `require`, `off` or `container:IMAGE`. */
  sandbox: z.string().exactOptional(),
});
export type Overrides = z.infer<typeof overridesSchema>;

/** A study file's definition with what was said on the command line. */
export function withOverrides(definition: StudyDefinition, overrides: Overrides): StudyDefinition {
  const { seed, parallel, optimizer, warmStart, model, baseUrl, share, review } = overrides;
  const code = withCodeOverrides(definition.code, overrides);
  return {
    ...definition,
    ...(seed === undefined ? {} : { seed }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(warmStart === undefined ? {} : { warmStart }),
    budget: withBudget(definition.budget, overrides),
    advisor: {
      ...definition.advisor,
      ...(model === undefined ? {} : { model }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(share === undefined ? {} : { share }),
      ...(review === undefined ? {} : { review }),
    },
    ...(code === undefined ? {} : { code }),
  };
}

function withCodeOverrides(code: CodeSettings | undefined, { edit, sandbox }: Overrides): CodeSettings | undefined {
  const edited = edit === undefined ? code : code === undefined ? codeSettingsFor(edit) : { ...code, editable: edit };
  if (edited === undefined || sandbox === undefined) return edited;
  return { ...edited, sandbox: readSandboxChoice(sandbox) };
}

/** A budget with what was said about it on the command line. */
export function withBudget(budget: Budget, { trials, time, cost, tokens }: Overrides): Budget {
  return {
    ...budget,
    ...(trials === undefined ? {} : { trials }),
    ...(time === undefined ? {} : { seconds: time }),
    ...(cost === undefined ? {} : { cost }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

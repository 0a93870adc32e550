import { z } from "zod";
import { briefSections } from "../../centaur/brief/sections.js";
import { codeSchema } from "../../code/settings.js";
import { pricesSchema } from "../../llm/prices.js";
import { optimizerNames } from "../../optimizers/names.js";
import { spaceFields } from "../../space/index.js";
import { didYouMean } from "../../space/nearest-name.js";
import { durationSchema } from "../../trials/quantity.js";
import { objectiveSchema, trialSettingsShape } from "../../trials/settings.js";

/*
 * The whole of agent-tune.yaml, composed of what the rooms say about their own parts. Only the form is checked here;
 * what has to fit together is checked in cross-checks.ts. Every key describes itself: the JSON schema made of this is
 * the reference.
 */

const budgetSchema = z
  .strictObject({
    trials: z
      .int()
      .positive()
      .optional()
      .describe(
        "Trials of the search, repeats included; the final re-evaluation comes on top. Default: 100 where no time is given either.",
      ),
    time: durationSchema.optional().describe("Wall time of the search, for example 8h."),
    cost: z
      .number()
      .nonnegative()
      .optional()
      .describe("US dollars for model calls. When they are used up the search goes on without the advisor."),
    tokens: z
      .int()
      .nonnegative()
      .optional()
      .describe("Tokens for model calls. When they are used up the search goes on without the advisor."),
    failures_in_a_row: z
      .int()
      .positive()
      .default(10)
      .describe("Trials that fail one after the other before the study gives up."),
  })
  .describe("What the study may use. Nothing passes these bounds.");

const advisorFields = z.strictObject({
  model: z
    .string()
    .regex(/^(?:auto|none|rules|[a-z][a-z0-9-]*:\S+)$/, {
      error: "Write auto, none, rules, or provider:name, for example openai:gpt-5.2 or anthropic:claude-sonnet-5.",
    })
    .default("auto")
    .describe(
      "Who is asked for judgement. auto: the model whose key is in the environment, otherwise the built-in rules. none: the optimizer alone. rules: the built-in rules. Otherwise provider:name, such as openai:NAME or anthropic:NAME.",
    ),
  share: z
    .union([z.literal("adaptive"), z.number().min(0).max(1)], { error: "Write adaptive, or a number from 0 to 1." })
    .default("adaptive")
    .describe(
      "The advisor's share of all proposals: learned from what each side's proposals gain, or fixed from 0 to 1.",
    ),
  review: z
    .enum(["trial", "generation"])
    .default("trial")
    .describe("Whether the advisor sees one candidate a turn, or a whole generation in one call, which is cheaper."),
  deadline: durationSchema
    .prefault("2m")
    .describe("Time for one turn of the advisor. A later answer is lost and the optimizer's proposal runs instead."),
  brief: z
    .strictObject({
      without: z.array(z.enum(briefSections)).default([]).describe("Parts of the brief to leave out, by name."),
    })
    .prefault({})
    .describe("What the advisor is shown."),
  tools: z.boolean().default(true).describe("Whether the advisor may look things up before it answers."),
  base_url: z
    .url({ protocol: /^https?$/, error: "Write an address that starts with http:// or https://." })
    .optional()
    .describe("Address of an OpenAI-compatible server, for example http://localhost:11434/v1."),
});

const advisorSchema = z
  .union([advisorFields.shape.model.removeDefault(), advisorFields], {
    error: "Write a model such as auto, none, rules or openai:NAME, or a mapping with the key model.",
  })
  .describe("The side that is asked for judgement. One word is short for {model: ...}.");

const noiseSchema = z
  .strictObject({
    replicates: z
      .enum(["auto", "off"])
      .default("auto")
      .describe("Whether known configurations run again on new seeds where it takes that to tell luck from progress."),
    final_seeds: z
      .int()
      .nonnegative()
      .max(100)
      .default(3)
      .describe(
        "Fresh seeds on which the best configuration and the default run again at the end. 0: no re-evaluation.",
      ),
  })
  .describe("How much is spent on telling luck from progress.");

const studyObjectiveSchema = objectiveSchema
  .extend({
    target: z.number().optional().describe("Value at which the search ends: good enough."),
    constraints: z
      .array(z.string().min(1))
      .default([])
      .describe('Conditions on metrics that the answer must satisfy, for example "peak_vram_mb < 20000".'),
  })
  .describe("What is optimised.");

/** Every key of agent-tune.yaml. */
export const studyFileSchema = z.strictObject({
  version: z
    .literal(1, { error: "This version of agent-tune reads files with version: 1." })
    .default(1)
    .describe("Version of the format of this file."),
  study: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, {
      error:
        "A name of a study has up to 100 letters, digits, dots, hyphens and underscores, and starts with a letter or digit.",
    })
    .default("study")
    .describe("Name of the study, under which its trials are kept."),
  task: z
    .string()
    .max(20_000, { error: "Keep the task below 20,000 characters: the advisor reads it at every turn." })
    .optional()
    .describe("What is trained and what matters, in your words, for the advisor."),
  ...trialSettingsShape,
  objective: studyObjectiveSchema,
  ...spaceFields,
  budget: budgetSchema.prefault({}),
  seed: z
    .int()
    .nonnegative()
    .max(2 ** 32 - 1)
    .default(1)
    .describe(
      "Seed of the study: the same seed and the same results give the same proposals. Trials get seeds made from it.",
    ),
  parallel: z
    .union([z.literal("auto"), z.int().positive().max(1024)], { error: "Write auto, or a whole number from 1." })
    .default("auto")
    .describe("Trials that run at once. auto: one for each GPU (or set of them), one where there is none."),
  optimizer: z
    .string()
    .regex(new RegExp(`^(${optimizerNames.join("|")})(:.+)?$`), {
      error: ({ input }) =>
        `must be one of ${optimizerNames.join(", ")}${didYouMean(String(input).split(":")[0] ?? "", optimizerNames, ".")} Settings follow a colon, as in cma-es:restarts=bipop.`,
    })
    .default(optimizerNames[0])
    .describe("The classical optimizer, with its settings after a colon where there are any: cma-es:restarts=bipop."),
  warm_start: z
    .string()
    .min(1)
    .exactOptional()
    .describe(
      "Id or name of an earlier study in the same folder over the same parameters, whose results shape the start.",
    ),
  advisor: advisorSchema.prefault({}),
  prices: pricesSchema.prefault({}).describe("Prices of models that agent-tune does not know, by provider:name."),
  noise: noiseSchema.prefault({}),
  code: codeSchema.optional(),
});

export type StudyFile = z.output<typeof studyFileSchema>;
/** `advisor` written out, with defaults filled in; deadline in seconds. */
export type AdvisorFields = z.output<typeof advisorFields>;

/** One word for the advisor is short for a mapping. */
export function advisorFrom(advisor: StudyFile["advisor"]): AdvisorFields {
  return typeof advisor === "string" ? advisorFields.parse({ model: advisor }) : advisor;
}

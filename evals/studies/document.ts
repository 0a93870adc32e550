import { z } from "zod";

const configuration = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const counts = z.record(z.string(), z.number().int());
const interval = z.object({ low: z.number(), high: z.number() });

const originsSchema = z.record(
  z.string(),
  z.object({
    trials: z.number().int(),
    failed: z.number().int(),
    improved: z.number().int().describe("How often it changed the incumbent."),
  }),
);

const adviceSchema = z.object({
  turns: z.number().int().describe("Turns in which the advisor was asked."),
  failed: z.number().int().describe("Turns without an answer: the optimizer's candidate ran instead."),
  failures: counts.describe("These by kind of failure."),
});

const costSchema = z.object({
  calls: z.number().int(),
  tokens: z.number().int(),
  usd: z.number().nullable().describe("Null where calls were made whose price is not known."),
});

const secondsSchema = z.object({
  wall: z.number().describe("While studies were worked on. Runs taken over from another arm take none of it."),
  trials: z.number().describe("Sum over trials, runs taken over from another arm included."),
  model: z.number().describe("Answers waited for."),
});

/** What one study came to. Values in the objective's units. */
export const studyResultSchema = z.object({
  id: z.string(),
  arm: z.string(),
  seed: z.number().int(),
  value: z.number().nullable().describe("What counts. Null where the study has no answer."),
  scoredBy: z
    .enum(["fresh", "default", "estimate"])
    .nullable()
    .describe(
      "fresh: mean of the answer on seeds that the search never used. default: the answer failed on all of them, so that the default stays in use. estimate: from the search, where no final runs are wanted.",
    ),
  fresh: z
    .object({ seeds: z.array(z.number().int()), values: z.array(z.number()), failed: z.number().int() })
    .nullable(),
  default: z.number().nullable().describe("The default, on the same seeds."),
  gain: z.number().nullable().describe("Improvement over the default, positive is better."),
  answer: z.object({ trial: z.number().int(), origin: z.string(), configuration }).nullable(),
  stop: z.object({ reason: z.string(), detail: z.string() }).nullable(),
  trials: z.object({
    search: z.number().int(),
    replicate: z.number().int(),
    final: z.number().int(),
    failed: z.number().int(),
  }),
  origins: originsSchema.describe("Search trials by who proposed them."),
  incumbents: z
    .array(
      z.object({
        after: z.number().int().describe("Finished trials of the search, from 1."),
        trial: z.number().int(),
        origin: z.string(),
        value: z.number().describe("Estimated true value at that time."),
      }),
    )
    .describe("How the best so far went: an entry wherever it changed."),
  advice: adviceSchema.nullable().describe("Null without an advisor."),
  cost: costSchema,
  seconds: secondsSchema,
});
export type StudyResult = z.infer<typeof studyResultSchema>;

const meanSchema = z.object({ mean: z.number(), interval: interval.optional().describe("95 %, over seeds.") });

/** All studies of one arm. */
export const armResultSchema = z.object({
  arm: z.string(),
  optimizer: z.string(),
  advisor: z.string().describe("none, rules, or the model's name."),
  studies: z.number().int(),
  value: meanSchema.nullable(),
  gain: meanSchema.nullable(),
  curve: z
    .array(z.object({ after: z.number().int(), value: z.number() }))
    .describe("Mean over seeds of the best so far, by estimated true value, after so many trials."),
  answers: counts.describe("Who proposed the answers."),
  origins: originsSchema,
  advice: adviceSchema.nullable(),
  cost: costSchema,
  seconds: secondsSchema,
});
export type ArmResult = z.infer<typeof armResultSchema>;

/** One arm against its reference, paired by seed. */
export const contrastResultSchema = z.object({
  arm: z.string(),
  reference: z.string(),
  pairs: z.number().int().describe("Seeds for which both have an answer."),
  better: z.number().int(),
  worse: z.number().int(),
  equal: z.number().int(),
  difference: meanSchema
    .nullable()
    .describe("How much better the arm is than its reference, in the objective's units."),
  p: z.number().nullable().describe("Wilcoxon's signed-rank test, two-sided."),
  adjusted: z.number().nullable().describe("Corrected for all comparisons (Holm)."),
  verdict: z.enum(["better", "worse", "undecided"]),
  detectable: z
    .number()
    .nullable()
    .describe("Smallest true difference that would have been shown four times out of five; null with too few seeds."),
  reached: z
    .object({ trials: z.number().int().nullable(), of: z.number().int() })
    .nullable()
    .describe("Trials after which the arm's mean curve is as good as its reference's at the end; null: never."),
  sentence: z.string(),
});
export type ContrastResult = z.infer<typeof contrastResultSchema>;

/** What `agent-tune eval --json` prints, and what is kept as results.json. */
export const evaluationSchema = z.object({
  schema: z.literal("agent-tune/evaluation/1"),
  agentTune: z.string().describe("Version."),
  study: z.string(),
  objective: z.object({ metric: z.string(), direction: z.enum(["minimize", "maximize"]) }),
  budget: z.object({ trials: z.number().int().nullable(), seconds: z.number().nullable() }).describe("Of each study."),
  seeds: z.array(z.number().int()),
  folder: z.string().describe("Where the studies are kept, for commands such as: agent-tune trials ID -C FOLDER."),
  contrasts: z.array(contrastResultSchema),
  arms: z.array(armResultSchema),
  studies: z.array(studyResultSchema),
  notes: z.array(z.string()).describe("What a reader of the figures must know."),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** For programs that read it. */
export function evaluationJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(evaluationSchema);
  return { $schema, $id: "urn:agent-tune:evaluation:1", title: "agent-tune evaluation", ...rest };
}

import { z } from "zod";
import { analysisSchema } from "../analysis/index.js";

const named = z.array(z.object({ name: z.string(), reason: z.string() })).readonly();

/** Everything beside the runs that a reader needs to judge a report, and to make it again. */
export const runConditionsSchema = z.object({
  title: z.string(),
  question: z.string(),
  /** What was compared, in a line: numbers of tasks, methods, seeds and trials. */
  about: z.string(),
  command: z.string(),
  /** ISO 8601. */
  date: z.string(),
  node: z.string(),
  cores: z.number(),
  processor: z.string().optional(),
  system: z.string().optional(),
  seeds: z.number(),
  /** Of this program, and of others that took part. */
  versions: z.record(z.string(), z.string()),
  /** Fingerprint of each method's code. */
  code: z.record(z.string(), z.string()),
  /** Methods that are shown under a shorter name: that name, and the method's own. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Tasks and methods that could not be had. */
  skipped: named,
  /** Runs that ended with an error; their tasks are left out for all methods. */
  failed: named,
  /** What the suite promises and its runs do not keep. */
  broken: z.array(z.object({ claim: z.string(), found: z.string() })).readonly(),
});
export type RunConditions = z.infer<typeof runConditionsSchema>;

/** The file that an evaluation leaves, from which its report can be written again. */
export const resultFileSchema = runConditionsSchema.extend({ analysis: analysisSchema });
export type ResultFile = z.infer<typeof resultFileSchema>;

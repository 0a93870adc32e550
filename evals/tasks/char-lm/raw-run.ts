import { existsSync, readFileSync, truncateSync } from "node:fs";
import { z } from "zod";
import { failureKinds } from "../../../src/trials/index.js";

/** One run of the script as `measure.ts` saw it end: one line of the raw file. */
export const rawRunSchema = z.strictObject({
  seed: z.int(),
  /** Of the table. */
  configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  outcome: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("complete"), value: z.number() }),
    z.strictObject({ kind: z.literal("failed"), failure: z.enum(failureKinds), message: z.string() }),
  ]),
  /** Readings of val_bpb as pairs of step and value; of failures what there was. Finite. */
  curve: z.array(z.tuple([z.int(), z.number()])),
  /** Likewise of train_bpb, each the mean since the one before. */
  trainCurve: z.array(z.tuple([z.int(), z.number()])),
  /** Last step of which anything was read; absent where there was nothing. */
  lastStep: z.int().optional(),
  /** Seen in training; printed at the end, so absent of failures. */
  tokens: z.int().optional(),
  /** Largest resident memory of the process tree, as the executor measured it. */
  peakMemoryMegabytes: z.number().optional(),
  /** What the script printed of itself at its end, in MiB; absent of failures. */
  reportedPeakMebibytes: z.int().optional(),
  /** Wall time on a machine that had other work. */
  seconds: z.number(),
});
export type RawRun = z.infer<typeof rawRunSchema>;

/** Runs that ended so far; a last line that was cut by a kill is taken off the file. */
export function readRawRuns(file: string): readonly RawRun[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => rawRunSchema.parse(JSON.parse(line)));
}

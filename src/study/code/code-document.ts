import { z } from "zod";
import { type CodeVersion, codeVersionSchema, gainSchema } from "../../code/version.js";
import type { JsonSchema } from "../../llm/model.js";
import { evidenceOf } from "../version-evidence.js";
import { type CodeReading, pairedRuns, versionReading } from "./code-reading.js";

const { expected, gain, reintroduced, ...stored } = codeVersionSchema.shape;

const versionEntrySchema = z.object({
  ...stored,
  expected: z.number().nullable().describe("Gain that was expected; null where nothing was said."),
  gain: gainSchema
    .nullable()
    .describe("Over the version it was compared with, positive is better. Null where no pairs have shown one or none."),
  against: z.string().nullable().describe("Version it was compared with, which was head at the time."),
  reintroduced: reintroduced
    .unwrap()
    .nullable()
    .describe("Added lines that had been deleted before, and by which versions."),
  head: z.boolean().describe("Whether the study would answer with it."),
  trials: z.object({
    total: z.number().int(),
    complete: z.number().int(),
    failed: z.number().int(),
    unfinished: z.number().int(),
  }),
  best: z
    .object({
      trial: z.number().int().describe("Trial that first ran this configuration on this version."),
      configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      mean: z.number().describe("Estimated true value, from its runs on this version."),
      deviation: z.number().describe("Posterior standard deviation; 0 while the noise is not known."),
      runs: z.number().int(),
    })
    .nullable()
    .describe("Its best configuration; null where no run of it can be an answer."),
});
export type VersionEntry = z.infer<typeof versionEntrySchema>;

/** What `agent-tune code tree --json` prints. Published as schemas/code.schema.json. */
export const codeDocumentSchema = z.object({
  schema: z.literal("agent-tune/code/1"),
  study: z.object({ id: z.string(), name: z.string(), status: z.enum(["open", "finished"]) }),
  objective: z.object({ metric: z.string(), direction: z.enum(["minimize", "maximize"]) }),
  head: z.string().describe("Version that the study would answer with: the latest that was kept."),
  noise: z
    .object({ deviation: z.number(), degreesOfFreedom: z.number().int() })
    .nullable()
    .describe("Standard deviation between seeds on the head; null while it is not measured."),
  versions: z.array(versionEntrySchema).describe("In the order in which they were made."),
});
export type CodeDocument = z.infer<typeof codeDocumentSchema>;

/** The JSON Schema of the document, for programs that read it. */
export function codeJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(codeDocumentSchema);
  return { $schema, $id: "urn:agent-tune:code:1", title: "agent-tune code", ...rest };
}

/** All versions of a study with what their trials have shown, computed from what is stored and nothing else. */
export function codeDocument(reading: CodeReading): CodeDocument {
  const { record, settings } = reading.study;
  return {
    schema: "agent-tune/code/1",
    study: { id: record.id, name: record.name, status: record.status },
    objective: { metric: settings.objective.metric, direction: settings.objective.direction },
    head: reading.head,
    noise: evidenceOf(versionReading(reading, reading.head)).noise ?? null,
    versions: [...reading.versions.values()].map((version) => versionEntry(reading, version)),
  };
}

/** One version with what its trials have shown. */
export function versionEntry(reading: CodeReading, version: CodeVersion): VersionEntry {
  const own = versionReading(reading, version.id);
  const { incumbent } = evidenceOf(own);
  const count = (state: (kind: string | undefined) => boolean) =>
    own.trials.filter(({ outcome }) => state(outcome?.kind)).length;
  return {
    ...version,
    expected: version.expected ?? null,
    gain: version.gain ?? null,
    against: pairedRuns(reading, version.id)?.against ?? null,
    reintroduced: version.reintroduced ?? null,
    head: version.id === reading.head,
    trials: {
      total: own.trials.length,
      complete: count((kind) => kind === "complete"),
      failed: count((kind) => kind === "failed"),
      unfinished: count((kind) => kind === undefined),
    },
    best:
      incumbent === undefined
        ? null
        : {
            trial: incumbent.group.first.number,
            configuration: incumbent.group.configuration,
            ...incumbent.estimate,
          },
  };
}

import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { durationSchema } from "../trials/quantity.js";
import { commandSchema } from "../trials/settings.js";

/*
 * The keys `code` and `sandbox` of agent-tune.yaml: which files the model may edit, how a run is scored, and how edited
 * code is confined. Parsed once; times come out in seconds.
 */

const glob = z
  .string()
  .min(1)
  .refine((pattern) => !pattern.startsWith("/") && !pattern.split("/").includes(".."), {
    error: "A pattern is relative to the folder of the study file and may not leave it.",
  });

const evaluateFields = z.strictObject({
  command: commandSchema.describe(
    "Command that scores one finished run and prints the metric. Placeholders: {checkpoint}, {project} for the folder of this file, where the holdout is, {folder}, {seed} and parameters.",
  ),
  checkpoint: z
    .string()
    .min(1)
    .refine((path) => !path.startsWith("/") && !path.split("/").includes(".."), {
      error: "The path is relative to the run's folder and may not leave it.",
    })
    .default(".")
    .describe("What {checkpoint} stands for: a path in the folder of the run, which training gets as {folder}."),
  sees: z
    .enum(["base", "version"])
    .default("base")
    .describe(
      "Code that the evaluation can import. base: as you gave it, so that no edit reaches it. version: with the edits, where the checkpoint cannot be read without them; edited code then takes part in scoring, and a gain whose edit comes near it is held for a person to judge.",
    ),
  time: durationSchema.optional().describe("Wall time of one evaluation; as long as a trial where not given."),
});

/** `code` as it stands in a study file. */
export const codeSchema = z
  .strictObject({
    editable: z
      .array(glob)
      .min(1, { error: "Name at least one file that may be edited." })
      .describe('Files that the model may edit, as patterns: train.py, "model/**". All others are locked.'),
    locked: z.array(glob).default([]).describe("Files that stay locked although a pattern in editable has them."),
    evaluate: z
      .union([commandSchema, evaluateFields], { error: "Write a command, or a mapping with the key command." })
      .optional()
      .describe(
        "How a run is scored, apart from the code that is edited. Without it the metric is what the edited code itself prints, and a gain needs a person's approval wherever an edit comes near it.",
      ),
    holdout: z
      .array(z.string().min(1))
      .default([])
      .describe("Files and folders that only the evaluation may read: they are hidden while training runs."),
    confidence: z
      .number()
      .gt(0.5)
      .lt(1)
      .default(0.95)
      .describe("How sure a gain has to be before a version is kept, over all versions that are tried."),
    network: z.boolean().default(false).describe("Whether training may use the network. The evaluation never does."),
    sandbox: z
      .union(
        [
          z.enum(["auto", "require", "off"]),
          z.strictObject({ container: z.string().min(1).describe("Image, as docker or podman name it.") }),
        ],
        {
          error: "Write auto, require, off, or {container: IMAGE}.",
        },
      )
      .default("auto")
      .describe(
        "How edited code is confined. auto: by bubblewrap or sandbox-exec, as well as this machine can, and nothing runs where files, hidden places and the network cannot be protected. require: every protection or nothing runs. off: not at all, on your word. container: in this image, by docker or podman.",
      ),
  })
  .describe("Training code as part of the search. Where it is absent, no code is edited.");

/** How a run is scored, with defaults filled in. */
export const evaluateSettingsSchema = z.object({
  command: z.union([z.string(), z.array(z.string())]),
  checkpoint: z.string(),
  sees: z.enum(["base", "version"]),
  /** Seconds. */
  time: z.number().exactOptional(),
});
export type EvaluateSettings = z.infer<typeof evaluateSettingsSchema>;

/** The same as a study keeps it, with defaults filled in. */
export const codeSettingsSchema = z.object({
  editable: z.array(z.string()),
  locked: z.array(z.string()),
  evaluate: evaluateSettingsSchema.exactOptional(),
  holdout: z.array(z.string()),
  confidence: z.number(),
  network: z.boolean(),
  sandbox: z.union([z.enum(["auto", "require", "off"]), z.object({ container: z.string() })]),
});
export type CodeSettings = z.infer<typeof codeSettingsSchema>;

/** A command alone is short for a mapping. */
export function codeSettings({ evaluate, ...fields }: z.output<typeof codeSchema>): CodeSettings {
  if (evaluate === undefined) return fields;
  const mapping =
    typeof evaluate === "string" || Array.isArray(evaluate) ? evaluateFields.parse({ command: evaluate }) : evaluate;
  const { command, checkpoint, sees, time } = mapping;
  return { ...fields, evaluate: { command, checkpoint, sees, ...(time === undefined ? {} : { time }) } };
}

/** Editable files named on the command line, where the study file says nothing about code. */
export function codeSettingsFor(editable: readonly string[]): CodeSettings {
  return codeSettings(codeSchema.parse({ editable }));
}

/**
 * `auto`, `require`, `off` or `container:IMAGE`, as a person writes it on the command line.
 *
 * @throws AgentTuneError `usage`
 */
export function readSandboxChoice(text: string): CodeSettings["sandbox"] {
  if (text === "auto" || text === "require" || text === "off") return text;
  const image = /^container:(\S+)$/.exec(text)?.[1];
  if (image !== undefined) return { container: image };
  throw new AgentTuneError("usage", {
    message: `--sandbox ${text}: there is no such way of confining edited code.`,
    remedy: "Write --sandbox auto, --sandbox require, --sandbox off, or --sandbox container:IMAGE.",
  });
}

import { z } from "zod";
import { isProviderKey } from "./environment.js";
import { durationSchema, sizeSchema } from "./quantity.js";

/**
 * The part of a study file that says how one trial runs: the command, how parameters and seed go in, how metrics
 * come out, what limits hold. Parsed once; times come out in seconds and sizes in bytes. Keys keep the spelling
 * that they have in the file, so that a message, the file and the code name the same thing.
 */

const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "A name of an environment variable has letters, digits and underscores only.");

/** As parameters are named: a constant, or a field of a dataclass with its class before it. */
const constantName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/,
    "A constant is named as in SEED, a field of a dataclass as in Config.seed.",
  );

const relativePath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith("/") && !path.split(/[\\/]/).includes(".."), {
    message: "The path is relative to the trial's folder and may not leave it.",
  });

export const commandSchema = z
  .union([z.string().trim().min(1), z.array(z.string()).min(1)], {
    error: "The command is one line, or a list with the program first.",
  })
  .describe(
    "Command that runs one trial. A line is split into words like a shell does, without a shell; a list is taken " +
      "as it is. Placeholders: {NAME} of a parameter or derived quantity, {seed}, {trial}, {folder}, " +
      "{parameters_file}, {arguments}. Write {{ and }} for braces.",
  );

export const parameterDeliverySchema = z
  .discriminatedUnion("to", [
    z.strictObject({
      to: z.literal("template").describe("Only the placeholders in the command."),
    }),
    z.strictObject({
      to: z.literal("arguments").describe("One argument for each active parameter, at {arguments} or at the end."),
      form: z
        .enum(["--name=value", "--name value", "name=value"])
        .default("--name=value")
        .describe("How an argument is written; name=value is what Hydra reads."),
    }),
    z.strictObject({
      to: z.literal("environment").describe("One environment variable for each active parameter."),
      prefix: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$|^$/, "A prefix has letters, digits and underscores only.")
        .default("")
        .describe("Put before each name, for example TUNE_."),
    }),
    z.strictObject({
      to: z.literal("file").describe("A file in the trial's folder, named by {parameters_file}."),
      path: relativePath.default("parameters.json").describe("Path within the trial's folder."),
      format: z.enum(["json", "yaml"]).optional().describe("By the ending of the path where not given."),
      base: z
        .string()
        .min(1)
        .optional()
        .describe(
          "JSON or YAML file, relative to cwd, of which each trial gets a copy with the parameters written into it; " +
            "optim.lr is the key lr under optim. Where not given, the file holds the parameters alone, by their names.",
        ),
    }),
    z.strictObject({
      to: z.literal("constants").describe("Top-level constants in a copy of a Python source."),
      source: z.string().min(1).describe("The Python file, relative to cwd, as the command names it."),
    }),
  ])
  .describe("How the parameters reach the command.");

const shortDelivery = z
  .enum(["template", "arguments", "environment", "file"])
  .describe("Short for {to: ...} with nothing else to say.");

export const seedDeliverySchema = z
  .union(
    [
      z.literal("template").describe("{seed} in the command."),
      z.literal("none").describe("The command gets no seed; AGENT_TUNE_SEED is in its environment all the same."),
      z.strictObject({ argument: z.string().startsWith("-").describe("For example --seed; added as --seed=VALUE.") }),
      z.strictObject({ environment: environmentName.describe("For example SEED.") }),
      z.strictObject({ constant: constantName.describe("Constant in the same source, with parameters to constants.") }),
      z.strictObject({ key: z.string().min(1).describe("Key in the same file, with parameters to file.") }),
    ],
    {
      error: 'Write template, none, {argument: "--seed"}, {environment: SEED}, {constant: SEED} or {key: seed}.',
    },
  )
  .describe("How the trial's seed reaches the command.");

export const passSchema = z
  .strictObject({
    parameters: z
      .union([shortDelivery, parameterDeliverySchema], {
        error: "Write template, arguments, environment, file, or {to: constants, source: train.py}.",
      })
      .optional()
      .describe("Where not given: template if the command names a parameter, otherwise arguments."),
    seed: seedDeliverySchema
      .optional()
      .describe("Where not given: template if the command has {seed}, otherwise none."),
  })
  .superRefine((pass, context) => {
    const to = typeof pass.parameters === "string" ? pass.parameters : pass.parameters?.to;
    const seed = typeof pass.seed === "string" ? undefined : pass.seed;
    if (seed === undefined) return;
    if ("constant" in seed && to !== "constants") {
      context.addIssue({
        code: "custom",
        path: ["seed"],
        message: "A constant can take the seed only where the parameters go to constants too.",
      });
    }
    if ("key" in seed && to !== "file") {
      context.addIssue({
        code: "custom",
        path: ["seed"],
        message: "A key can take the seed only where the parameters go to a file too.",
      });
    }
  })
  .describe("How parameters and seed reach the command.");

/** A regular expression with the named groups `metric` (or the whole line's one metric) and `value`. */
const patternSchema = z.string().superRefine((source, context) => {
  try {
    new RegExp(source, "u");
  } catch (error) {
    context.addIssue({
      code: "custom",
      message: `Not a regular expression: ${error instanceof Error ? error.message : String(error)}.`,
    });
    return;
  }
  const groups = [...source.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map((match) => match[1] ?? "");
  if (!groups.includes("value")) {
    context.addIssue({ code: "custom", message: "The pattern needs the named group (?<value>...)." });
  }
  const unknown = groups.filter((group) => !["metric", "value", "step"].includes(group));
  if (unknown.length > 0) {
    context.addIssue({
      code: "custom",
      message: `The pattern has the group ${unknown.join(", ")}; known are metric, value and step.`,
    });
  }
});

const keep = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe("Names of the metrics to keep; all that are seen where not given. The objective's is always kept.");

const stepField = z.string().min(1).default("step").describe("Field that holds the training step.");

export const metricsSchema = z
  .discriminatedUnion("from", [
    z.strictObject({
      from: z.literal("lines").describe("From lines the command prints: val_bpb: 0.997, or step 10 | loss=1.5."),
      pattern: patternSchema
        .optional()
        .describe(
          "Regular expression instead of the default, with the named groups value, metric (where absent, the " +
            "objective's metric) and step. Found as often as it occurs in a line.",
        ),
      step: z
        .array(z.string().min(1))
        .default(["step", "epoch", "iter", "iteration", "round"])
        .describe("Words that stand before a step number, the first found on a line counts."),
      keep,
    }),
    z.strictObject({
      from: z.literal("json_lines").describe("From lines the command prints that are JSON objects."),
      step: stepField,
      keep,
    }),
    z.strictObject({
      from: z.literal("file").describe("From a file that the command writes, watched while it runs."),
      path: relativePath.describe("Path within the trial's folder; give it to the command as {folder}/PATH."),
      format: z.enum(["json", "json_lines"]).optional().describe("By the ending of the path where not given."),
      step: stepField,
      keep,
    }),
  ])
  .describe("How metrics come out of the command.");

/** A study adds what concerns more than one trial (target, constraints) with `.extend`. */
export const objectiveSchema = z
  .strictObject({
    metric: z.string().min(1).describe("Name of the metric to optimise, as the command reports it."),
    direction: z.enum(["minimize", "maximize"]).describe("Which way is better."),
    pick: z
      .enum(["last", "best"])
      .default("last")
      .describe("Which reading counts where the command reports several: the last one or the best one."),
  })
  .describe("What is optimised.");

export const limitsSchema = z
  .strictObject({
    time: durationSchema
      .optional()
      .describe("Wall time of one trial, for example 5m. A longer trial fails as timeout."),
    memory: sizeSchema
      .optional()
      .describe("Resident memory of all processes of one trial, for example 2GiB. More fails as out_of_memory."),
    address_space: sizeSchema
      .optional()
      .describe("Address space of each process (ulimit -v). Not for CUDA programs, which reserve more than they use."),
    output: sizeSchema
      .prefault("64MB")
      .describe("Size of one trial's log. What the command prints beyond is read for metrics but not stored."),
    grace: durationSchema
      .prefault("5s")
      .describe("Time between the request to end (SIGTERM) and the end by force (SIGKILL)."),
    diverged_above: z
      .number()
      .optional()
      .describe("A reading of the objective's metric above this ends the trial as diverged."),
    diverged_on: z
      .array(z.string().min(1))
      .optional()
      .describe("Metrics whose NaN or infinity ends the trial as diverged; the objective's and every loss by default."),
  })
  .describe("What one trial may use.");

export const gpusSchema = z
  .strictObject({
    ids: z
      .union([z.enum(["auto", "none"]), z.array(z.union([z.int().nonnegative(), z.string().min(1)])).min(1)], {
        error: "Write auto, none, or a list such as [0, 1].",
      })
      .default("auto")
      .describe("GPUs to use: auto asks nvidia-smi, none hides all, or a list of indices or UUIDs."),
    per_trial: z.int().positive().default(1).describe("GPUs that one trial gets for itself."),
  })
  .describe("Which GPUs trials get, through CUDA_VISIBLE_DEVICES.");

/** The keys as they stand in a study file, to be composed with the study's own. */
export const trialSettingsShape = {
  command: commandSchema,
  shell: z
    .boolean()
    .default(false)
    .describe("Run the command through /bin/sh -c; values are then quoted for the shell."),
  cwd: z.string().min(1).default(".").describe("Working directory of the command, relative to the study file."),
  env: z
    .record(z.string(), z.string({ error: "Values of environment variables are text; put quotes around them." }))
    .superRefine((constants, context) => {
      for (const name of Object.keys(constants)) {
        const problem = isProviderKey(name)
          ? "Keys of model providers never reach a trial; remove it."
          : environmentName.safeParse(name).error?.issues[0]?.message;
        if (problem !== undefined) context.addIssue({ code: "custom", path: [name], message: problem });
      }
    })
    .default({})
    .describe("Environment variables with fixed values. Not the place for secrets: the file is shared."),
  env_pass: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, "Names of environment variables; a * may stand at the end.")
        .refine((name) => !isProviderKey(name), "Keys of model providers never reach a trial; remove it."),
    )
    .default([])
    .describe(
      "Names of environment variables to pass on to the command, besides the usual ones such as PATH and HOME.",
    ),
  pass: passSchema.prefault({}),
  metrics: metricsSchema.prefault({ from: "lines" }),
  objective: objectiveSchema,
  limits: limitsSchema.prefault({}),
  gpus: gpusSchema.prefault({}),
} as const;

export const trialSettingsSchema = z.strictObject(trialSettingsShape);

/** How one trial runs, with defaults filled in, in seconds and bytes. */
export type TrialSettings = z.output<typeof trialSettingsSchema>;
/** The same as it stands in a study file. */
export type TrialSettingsInput = z.input<typeof trialSettingsSchema>;
export type MetricsSettings = TrialSettings["metrics"];
export type LimitSettings = TrialSettings["limits"];
export type ObjectiveSettings = z.output<typeof objectiveSchema>;
export type ParameterDelivery = z.output<typeof parameterDeliverySchema>;
export type SeedDelivery = z.output<typeof seedDeliverySchema>;

import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { deriveSeed } from "../math/random.js";
import { optimizerNames } from "../optimizers/names.js";
import type { OptimizerOptions } from "../optimizers/optimizer.js";
import { definitionFromFields, SearchSpace, spaceSchema } from "../space/index.js";
import type { StudySettings } from "../study/settings.js";
import type { Params } from "./json-rpc.js";
import { RpcError, rpcCodes } from "./rpc-error.js";

const startSchema = z.union([
  z.literal("defaults"),
  z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
]);

/** What an asked and told study is made of besides the settings that every study has. */
export const searchSchema = z.object({
  /** Settings of the optimizer. */
  settings: z.record(z.string(), z.unknown()).exactOptional(),
  /** Canonical configuration that is asked for first. */
  start: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).exactOptional(),
  initialDeviation: z.record(z.string(), z.number()).exactOptional(),
});
export type Search = z.infer<typeof searchSchema>;

/** Seeds as in a study file. */
const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const requestSchema = z.strictObject({
  space: spaceSchema,
  optimizer: z.string().default(optimizerNames[0]),
  seed: seed.default(1),
  direction: z.enum(["minimize", "maximize"]).default("minimize"),
  metric: z.string().min(1).default("objective"),
  name: z.string().min(1).default("serve"),
  settings: z.record(z.string(), z.unknown()).exactOptional(),
  start: startSchema.exactOptional(),
  initialDeviation: z.record(z.string(), z.number().positive()).exactOptional(),
  durable: z.union([z.boolean(), z.string().min(1)]).default(false),
});

/** Parameters of `study.create`, for what has to know all of them, such as the check of their documentation. */
export const studyParameters = Object.keys(requestSchema.shape);

/** A study that a client wants. */
export interface StudyRequest {
  readonly settings: StudySettings;
  readonly search: Search;
  /** Folder of the store, or true for the working directory; false for a study that is not kept. */
  readonly durable: boolean | string;
}

/** @throws RpcError for the form, AgentTuneError `space_invalid`, `expression_invalid` or `configuration_invalid` */
export function readStudyRequest(params: Params): StudyRequest {
  const parsed = requestSchema.safeParse(params);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const where = ["params", ...(first?.path ?? [])].map(String).join(".");
    throw new RpcError(rpcCodes.invalidParams, `${where}: ${first?.message ?? "is not usable"}`, { where });
  }
  const { name, space: fields, metric, direction, seed, optimizer, settings, initialDeviation } = parsed.data;
  const definition = definitionFromFields(fields);
  const space = SearchSpace.from(definition);
  const start = startOf(space, parsed.data.start);
  for (const parameter of Object.keys(initialDeviation ?? {})) space.parameter(parameter);
  return {
    settings: {
      name,
      space: definition,
      objective: { metric, direction, constraints: [] },
      limits: {},
      budget: {},
      seed,
      optimizer,
      share: 0,
      review: "trial",
      // Which trials run, repeats included, is the client's affair.
      noise: { replicates: "off", finalSeeds: 0 },
    },
    search: {
      ...(settings === undefined ? {} : { settings }),
      ...(start === undefined ? {} : { start }),
      ...(initialDeviation === undefined ? {} : { initialDeviation }),
    },
    durable: parsed.data.durable,
  };
}

function startOf(space: SearchSpace, start: z.infer<typeof startSchema> | undefined): Search["start"] {
  if (start === undefined) return undefined;
  return start === "defaults" ? { ...space.defaults() } : readConfiguration(space, start, "params.start");
}

/**
 * A configuration from a client.
 *
 * @throws AgentTuneError `configuration_invalid` with everything that is wrong with it
 */
export function readConfiguration(space: SearchSpace, values: Params, where: string): NonNullable<Search["start"]> {
  const read = space.read(values);
  if (read.ok) return { ...read.configuration };
  throw new AgentTuneError("configuration_invalid", {
    message: `The configuration is not one of the search space: ${read.problems
      .map(({ subject, message }) => `${subject} ${message}`)
      .join("; ")}.`,
    where,
    remedy: "Give a value in range for each active parameter.",
  });
}

/** What the optimizer is made with. */
export function optimizerOptions(space: SearchSpace, seed: number, search: Search): OptimizerOptions {
  const { settings, start, initialDeviation } = search;
  return {
    seed,
    start: start ?? space.defaults(),
    ...(settings === undefined ? {} : { settings }),
    ...(initialDeviation === undefined ? {} : { initialDeviation }),
  };
}

/** Seed of the optimizer's own stream, which no other part of the study shares. */
export function optimizerSeed({ seed }: StudySettings): number {
  return deriveSeed(seed, "optimizer");
}

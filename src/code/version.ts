import { z } from "zod";
import { parameterSchema } from "../space/definition-schema.js";

/**
 * What became of a version:
 * `base`: the code as the person gave it; `candidate`: being tuned or tested; `kept`: its gain survived the gate, or it
 * is equal and simpler; `rejected`: it ran, and no gain beyond the noise was shown; `failed`: its runs fail;
 * `held`: it looks like a gain, but something about it is for a person to judge, see `flags`.
 */
export const versionStatuses = ["base", "candidate", "kept", "rejected", "failed", "held"] as const;
export type VersionStatus = (typeof versionStatuses)[number];

/** Something in an edit that a person should look at, found by reading the diff: see lint/. */
export const flagSchema = z.object({
  /** Which rule: `seed`, `time-budget`, `metric-output`, `evaluation-import`, `environment`, `subprocess`, ... */
  rule: z.string(),
  file: z.string(),
  /** Line in the new file, from 1; of the old one where the line is gone. */
  line: z.number().int(),
  /** The line as it stands in the diff, cut to 200 characters. */
  text: z.string(),
  /** One sentence for the person: why this matters. */
  why: z.string(),
});
export type Flag = z.infer<typeof flagSchema>;

/** Improvement in the objective's units: positive is better, whichever way the objective goes. */
export const gainSchema = z.object({
  mean: z.number(),
  /** 95 % interval, of the paired differences. */
  low: z.number(),
  high: z.number(),
  pairs: z.number().int(),
});
export type Gain = z.infer<typeof gainSchema>;

/** One state of the training code, a node in the tree of edits. Stored. */
export const codeVersionSchema = z.object({
  /** `v0` is the code as it was given; then v1, v2, ... in the order in which they were made. */
  id: z.string().regex(/^v\d+$/),
  parent: z.string().nullable(),
  /** Git's hash of the whole tree: the same content is the same tree. */
  tree: z.string(),
  commit: z.string(),
  createdAt: z.number(),
  /** One line: what was changed. */
  summary: z.string(),
  /** Why it should help. */
  hypothesis: z.string(),
  /** The improvement that was expected, in the objective's units, positive is better; absent where nothing was said. */
  expected: z.number().exactOptional(),
  /** Parameters that this version has and its parent has not; their defaults make it behave as it was written. */
  declares: z.record(z.string(), parameterSchema),
  /** Names of parameters that its parent has and this version has not. */
  removes: z.array(z.string()),
  /** Lines of the diff to the parent, and of all editable files. */
  lines: z.object({ added: z.number().int(), removed: z.number().int(), total: z.number().int() }),
  /** Added lines that had been deleted before, of those that say something, and the versions that had deleted them. */
  reintroduced: z
    .object({ lines: z.number().int(), of: z.number().int(), versions: z.array(z.string()) })
    .exactOptional(),
  flags: z.array(flagSchema),
  status: z.enum(versionStatuses),
  /** One sentence: why it has this status. */
  reason: z.string(),
  /** Over its parent, from the gate. */
  gain: gainSchema.exactOptional(),
});
export type CodeVersion = z.infer<typeof codeVersionSchema>;

export const baseVersion = "v0";

/** Version that a proposal runs on: the code as it was given, where nothing else is said. */
export function versionOf({ version }: { readonly version?: string | undefined }): string {
  return version ?? baseVersion;
}

/**
 * Who a proposal came from, as people are told: the default configuration of a version is nobody's default but its
 * check run, with the best numbers that were known.
 */
export function shownOrigin(proposal: { readonly origin: string; readonly version?: string | undefined }): string {
  return proposal.origin === "default" && versionOf(proposal) !== baseVersion ? "check run" : proposal.origin;
}

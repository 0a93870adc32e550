import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { codeStateSchema } from "./code/code-state.js";
import { finishReasons } from "./study-events.js";

export const snapshotVersion = 1;

/** What a study saves with every durable point, besides its trials: enough to go on exactly where it was. */
export const snapshotSchema = z.object({
  phase: z.enum(["search", "final", "done"]),
  /** Finished trials, in the order in which they finished, that the optimizer has learned from. */
  learned: z.number().int(),
  /** Seconds of wall time that controllers have worked on the search. */
  secondsUsed: z.number(),
  optimizer: z.object({ kind: z.string(), version: z.number().int(), data: z.unknown() }),
  centaur: z.unknown(),
  /** Where the code is searched; `optimizer` and `centaur` are then those of the code as it was given. */
  code: codeStateSchema.optional(),
  /** Why the search stopped; from the final phase on. */
  stop: z.object({ reason: z.enum(finishReasons), detail: z.string() }).optional(),
  /** First trial of the configuration that is the answer; from the final phase on, absent if nothing completed. */
  answer: z.number().int().optional(),
});
export type StudySnapshot = z.infer<typeof snapshotSchema>;

/** @throws AgentTuneError `state_invalid` */
export function readSnapshot(version: number, text: string): StudySnapshot {
  const parsed = version === snapshotVersion ? snapshotSchema.safeParse(JSON.parse(text)) : undefined;
  if (parsed?.success) return parsed.data;
  throw new AgentTuneError("state_invalid", {
    message: `The saved state of the study (version ${version}) cannot be read${parsed === undefined ? "" : `: ${z.prettifyError(parsed.error)}`}.`,
    remedy: "Use the agent-tune that wrote it, or run agent-tune doctor. The trials themselves are not affected.",
  });
}

import { z } from "zod";
import { type BriefSection, briefSections } from "../../src/centaur/brief/sections.js";
import { AgentTuneError } from "../../src/errors.js";

/** A model as it is named in a method, with how Centaur is to use it. */
export interface ModelChoice {
  /** As the product names models (`openai:NAME`, `anthropic:NAME`, `compatible:NAME@URL`), or `replay:PATH`. */
  readonly model: string;
  /** Parts of the brief to leave out. */
  readonly without: readonly BriefSection[];
  /** Whether it may call read-only tools before it answers. */
  readonly tools: boolean;
  /** Whether any of the settings was given. */
  readonly set: boolean;
}

/** The path follows: a recording, or a folder of them. */
export const replayPrefix = "replay:";

const modelPrefixes = ["openai:", "anthropic:", "compatible:", "openai-compatible:", replayPrefix];

/**
 * Whether a text names a model. `auto` does not: a result belongs to the model that gave it, and not to whichever key
 * was set.
 */
export function isModelChoice(text: string): boolean {
  return modelPrefixes.some((prefix) => text.startsWith(prefix));
}

const settingsSchema = z.strictObject({
  without: z
    .string()
    .transform((list) => list.split("+"))
    .pipe(z.array(z.enum(briefSections)))
    .default([]),
  tools: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
});

/**
 * Reads MODEL[?SETTING&SETTING], for example `openai:NAME?without=regions+failures&tools=false`: `without` names
 * sections of the brief (see src/centaur/brief/sections.ts) with plus signs between them.
 *
 * @throws AgentTuneError `usage` where a setting or a section does not exist
 */
export function readModelChoice(text: string): ModelChoice {
  // A path or an address may have a question mark of its own; settings are words with an equals sign.
  const [, model = text, written] = /^(.*)\?([a-z]+=[^?/]*)$/s.exec(text) ?? [];
  const settings = Object.fromEntries(new URLSearchParams(written?.replaceAll("+", "%2B") ?? ""));
  const parsed = settingsSchema.safeParse(settings);
  if (!parsed.success) {
    throw new AgentTuneError("usage", {
      message: `Settings of the model in "${text}" are not usable: ${z.prettifyError(parsed.error)}`,
      remedy: `Write MODEL?without=SECTION+SECTION&tools=false. Sections are ${briefSections.join(", ")}.`,
    });
  }
  return { model, ...parsed.data, set: written !== undefined };
}

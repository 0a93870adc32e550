import type { CodeSettings } from "../code/settings.js";
import { AgentTuneError } from "../errors.js";
import { fileDefinition } from "./file-definition.js";
import { type Overrides, withBudget } from "./overrides.js";
import type { StoredDefinition } from "./stored-definition.js";
import type { StudyDefinition } from "./study-file/study-definition.js";

/** What may change about a study that has begun: how much it may use and who advises it, not what is searched for. */
export const changeableSettings = ["trials", "time", "cost", "tokens", "parallel", "model", "baseUrl"] as const;
export type ChangeableSetting = (typeof changeableSettings)[number];

/** One setting that a person has changed; null stands for none. Times in seconds, costs in US dollars. */
export interface SettingChange {
  readonly setting: ChangeableSetting;
  readonly from: number | string | null;
  readonly to: number | string | null;
}

type FileDefinition = Extract<StoredDefinition, { from: "file" }>;

/** A stored study as it is to go on. */
export interface StudyChange {
  readonly definition: FileDefinition;
  readonly changes: readonly SettingChange[];
}

/**
 * A study from a file with other settings than it began with; undefined where they say what holds already. Its search
 * space, objective, optimizer, seed and share stay: with others it would be another study.
 *
 * @param said what was said on the command line when it was resumed
 * @throws AgentTuneError `study_changed` where it would be another study
 */
export function changedDefinition(stored: FileDefinition, said: Overrides): StudyChange | undefined {
  const before = fileDefinition(stored);
  for (const [name, given, own] of [
    ["seed", said.seed, before.seed],
    ["optimizer", said.optimizer, before.optimizer],
    ["warm-start", said.warmStart, before.warmStart],
    ["share", said.share, before.advisor.share],
    ["review", said.review, before.advisor.review],
    ["edit", said.edit?.join(" "), before.code?.editable.join(" ")],
    ["sandbox", said.sandbox, before.code === undefined ? undefined : sandboxText(before.code)],
  ] as const) {
    if (given === undefined || given === own) continue;
    throw new AgentTuneError("study_changed", {
      message: `This study has ${own === undefined ? "no " : ""}--${name}${own === undefined ? "" : ` ${own}`}; with ${given} it would be another study.`,
      where: `study ${stored.settings.name}`,
      remedy: `Resume it without --${name}, or start another study: agent-tune run --${name} ${given}.`,
    });
  }
  const { baseUrl: _, ...withoutAddress } = stored.overrides;
  // An address that was given on the command line belongs to the model that was given with it.
  const own = said.model === undefined || said.model === before.advisor.model ? stored.overrides : withoutAddress;
  const overrides: Overrides = { ...own, ...said };
  const after = fileDefinition({ ...stored, overrides });
  const from = settingsOf(before);
  const to = settingsOf(after);
  const changes = changeableSettings
    .map((setting): SettingChange => ({ setting, from: from[setting], to: to[setting] }))
    .filter((change) => change.from !== change.to);
  if (changes.length === 0) return undefined;
  const settings = { ...stored.settings, budget: withBudget(stored.settings.budget, overrides) };
  return { definition: { ...stored, overrides, settings }, changes };
}

function sandboxText({ sandbox }: CodeSettings): string {
  return typeof sandbox === "string" ? sandbox : `container:${sandbox.container}`;
}

function settingsOf({
  budget,
  parallel,
  advisor,
}: StudyDefinition): Readonly<Record<ChangeableSetting, number | string | null>> {
  return {
    trials: budget.trials ?? null,
    time: budget.seconds ?? null,
    cost: budget.cost ?? null,
    tokens: budget.tokens ?? null,
    parallel,
    model: advisor.model,
    baseUrl: advisor.baseUrl ?? null,
  };
}

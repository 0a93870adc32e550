import type { ChangeableSetting, SettingChange } from "../study/changed-definition.js";
import { formatDuration } from "../trials/quantity.js";
import { printable } from "./terminal-text.js";
import { dollars } from "./value-format.js";

const words: Readonly<Record<ChangeableSetting, string>> = {
  trials: "trials",
  time: "time",
  cost: "cost",
  tokens: "tokens",
  parallel: "trials at once",
  model: "advisor",
  baseUrl: "address",
};

/** "trials 40 → 80, advisor auto → none". */
export function changesText(changes: readonly SettingChange[]): string {
  return changes
    .map(({ setting, from, to }) => `${words[setting]} ${written(setting, from)} → ${written(setting, to)}`)
    .join(", ");
}

function written(setting: ChangeableSetting, value: number | string | null): string {
  if (value === null) return setting === "baseUrl" ? "the usual" : "unlimited";
  if (typeof value === "string") return printable(value);
  return setting === "time" ? formatDuration(value) : setting === "cost" ? dollars(value) : String(value);
}

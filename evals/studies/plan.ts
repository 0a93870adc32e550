import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { AgentTuneError } from "../../src/errors.js";
import { priceOf, resolveModelName } from "../../src/llm/index.js";
import type { Environment } from "../../src/llm/model-name.js";
import type { Told } from "../../src/optimizers/optimizer.js";
import { packageVersion } from "../../src/report/package-version.js";
import { Store } from "../../src/store/index.js";
import { fileDefinition, settingsOf } from "../../src/study/file-definition.js";
import type { Overrides } from "../../src/study/overrides.js";
import { checkFile } from "../../src/study/session.js";
import type { StudySettings } from "../../src/study/settings.js";
import { earlierResults } from "../../src/study/warm-start.js";
import { type Arm, armsOf, asksModel, type Contrast, contrastsOf, studyId } from "./arm.js";
import { enoughSeeds } from "./enough-seeds.js";

/** What a person asks of a study file. What is not given is as the file says. */
export interface StudiesChoice {
  /** Absolute path of the study file. */
  readonly path: string;
  readonly text: string;
  /** With settings. */
  readonly optimizers?: readonly string[] | undefined;
  /** `none`, `rules`, `provider:name` or `auto`; the first is what the others are compared with. */
  readonly advisors?: readonly string[] | undefined;
  readonly trials?: number | undefined;
  /** Absent: as few as can show a difference. */
  readonly seeds?: number | undefined;
  readonly share?: "adaptive" | number | undefined;
  /** Trials of one study at once. */
  readonly parallel?: number | undefined;
  readonly baseUrl?: string | undefined;
  /** US dollars for the whole evaluation. */
  readonly maxCost?: number | undefined;
}

/** One study of the evaluation. */
export interface StudyJob {
  readonly id: string;
  readonly arm: Arm;
  readonly seed: number;
}

/** What an evaluation will run, checked. */
export interface StudiesPlan {
  readonly path: string;
  readonly text: string;
  /** Where it is kept: the store of its studies, and its results. */
  readonly folder: string;
  readonly arms: readonly Arm[];
  readonly contrasts: readonly Contrast[];
  readonly seeds: readonly number[];
  /** Seeds outermost: an evaluation that is stopped early has fewer seeds of everything. */
  readonly jobs: readonly StudyJob[];
  /** Of every study, but for seed, optimizer and advisor. */
  readonly settings: StudySettings;
  /** What every study has in place of the file's settings. */
  readonly overrides: Overrides;
  readonly maxCost: number | undefined;
  /** Results of an earlier study that every study starts from. */
  readonly warmStart: readonly Told[];
  /** Models whose price is not known, by advisor. */
  readonly unpriced: readonly string[];
}

/**
 * Checks everything that can be wrong before anything runs, and leaves no trace.
 *
 * @param home the `.agent-tune` folder of the problem, below which the evaluation is kept
 * @throws AgentTuneError for the file, the command, names of optimizers and advisors, keys, prices that a cap needs
 */
export async function planStudies(choice: StudiesChoice, home: string, env: Environment): Promise<StudiesPlan> {
  const { path, text, trials, share, parallel, baseUrl, maxCost } = choice;
  const overrides: Overrides = {
    ...(trials === undefined ? {} : { trials }),
    ...(share === undefined ? {} : { share }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const file = fileDefinition({ path, text, overrides });
  const addressed = { env, ...(file.advisor.baseUrl === undefined ? {} : { baseUrl: file.advisor.baseUrl }) };
  const optimizers = distinct("--optimizers", choice.optimizers ?? [file.optimizer]);
  const advisors = distinct(
    "--advisors",
    choice.advisors?.map((name) => (name === "auto" ? modelOfKeys(addressed) : name)) ??
      usualAdvisors(file.advisor.model, addressed),
  );
  const arms = armsOf(optimizers, advisors, file.advisor.share);
  if (arms.length < 2) {
    throw new AgentTuneError("usage", {
      message: `There is nothing to compare ${arms[0]?.name ?? "it"} with.`,
      remedy: "Name at least two advisors or two optimizers, for example --advisors none,rules.",
    });
  }
  for (const { optimizer, advisor } of arms)
    await checkFile({ env }, { path, text, overrides: { ...overrides, optimizer, model: advisor } });

  const settings = settingsOf(file);
  const unpriced = advisors.filter((advisor) => {
    if (!asksModel({ advisor })) return false;
    const address = resolveModelName(advisor, addressed);
    return address === undefined || priceOf(`${address.provider}:${address.model}`, file.prices) === undefined;
  });
  const cap = maxCost ?? settings.budget.cost;
  if (cap !== undefined && unpriced.length > 0) {
    throw new AgentTuneError("usage", {
      message: `A cap of $${cap} cannot be kept: the price of ${unpriced.join(" and ")} is not known.`,
      where: maxCost === undefined ? "budget.cost" : "--max-cost",
      remedy: "Give its price under prices: in the study file, or cap tokens instead (budget.tokens).",
    });
  }
  const warmStart = optimizers.flatMap((optimizer, k) => {
    const results = warmStartOf(home, { ...settings, optimizer });
    return k === 0 ? results : [];
  });
  const { warmStart: _, ...fresh } = settings;
  const contrasts = contrastsOf(arms);
  const seeds = Array.from({ length: choice.seeds ?? enoughSeeds(contrasts.length) }, (_, k) => k + 1);
  // Whatever makes a study another study; more seeds or arms go on in the same place.
  const identity = { version: packageVersion(), text, overrides, maxCost, warmStart };
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 8);
  const readable = settings.name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40);
  return {
    path,
    text,
    folder: join(home, "evals", `${readable}-${hash}`),
    arms,
    contrasts,
    seeds,
    jobs: seeds.flatMap((seed) => arms.map((arm) => ({ id: studyId(arm, seed), arm, seed }))),
    settings: fresh,
    overrides,
    maxCost,
    warmStart,
    unpriced,
  };
}

/** The optimizer alone and who would advise a study of this file; the built-in rules where that is nobody. */
function usualAdvisors(model: string, addressed: Addressed): readonly string[] {
  const own = model === "auto" ? nameOfKeys(addressed) : model;
  return ["none", own === undefined || own === "none" ? "rules" : own];
}

type Addressed = Parameters<typeof resolveModelName>[1];

/** Under a name of its own, so that the evaluation means the same model when the keys have changed. */
function nameOfKeys(addressed: Addressed): string | undefined {
  const address = resolveModelName("auto", addressed);
  if (address === undefined) return undefined;
  return `${address.provider === "anthropic" ? "anthropic" : "openai"}:${address.model}`;
}

function modelOfKeys(addressed: Addressed): string {
  const name = nameOfKeys(addressed);
  if (name !== undefined) return name;
  throw new AgentTuneError("credentials_missing", {
    message: "The advisor auto means no model here: there is no key.",
    where: "--advisors auto",
    remedy: "Set ANTHROPIC_API_KEY or OPENAI_API_KEY, or name other advisors: none, rules, provider:name.",
  });
}

function distinct(option: string, names: readonly string[]): readonly string[] {
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice === undefined && !names.includes("")) return names;
  throw new AgentTuneError("usage", {
    message: twice === undefined ? "A name is empty." : `${twice} is named twice.`,
    where: `${option} ${names.join(",")}`,
    remedy: "Name each one once, with commas between them.",
  });
}

/** Read from the problem's own studies, since those of the evaluation are kept apart. */
function warmStartOf(home: string, settings: StudySettings): readonly Told[] {
  if (settings.warmStart === undefined) return [];
  const store = Store.open(home, { readonly: true });
  try {
    return earlierResults(store, settings);
  } finally {
    store.close();
  }
}

/** The folder from which commands such as `agent-tune status` find the studies of an evaluation. */
export function storeOf({ folder }: Pick<StudiesPlan, "folder">): string {
  return join(folder, ".agent-tune");
}

/** Folder that paths of the study file are relative to. */
export function baseOf({ path }: Pick<StudiesPlan, "path">): string {
  return dirname(path);
}

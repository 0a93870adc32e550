import type { BriefSection } from "../../centaur/brief/sections.js";
import { type CodeSettings, codeSettings } from "../../code/settings.js";
import type { PriceTable } from "../../llm/prices.js";
import { definitionFromFields } from "../../space/index.js";
import type { SpaceDefinition } from "../../space/parameter.js";
import type { ObjectiveSettings, TrialSettings } from "../../trials/settings.js";
import type { Budget } from "../settings.js";
import { advisorFrom, type StudyFile } from "./schema.js";

/** What is optimised, with what concerns more than one trial. */
export interface StudyObjective extends ObjectiveSettings {
  /** Value at which the search ends. */
  readonly target?: number | undefined;
  /** Expressions over metrics that the answer must satisfy. */
  readonly constraints: readonly string[];
}

export interface AdvisorSettings {
  /** `auto`, `none`, `rules` or `provider:name`. */
  readonly model: string;
  /** The advisor's part of all proposals, in [0, 1]. */
  readonly share: "adaptive" | number;
  readonly review: "trial" | "generation";
  readonly deadlineSeconds: number;
  readonly without: readonly BriefSection[];
  readonly tools: boolean;
  readonly baseUrl?: string;
}

/** A study file, checked, with defaults filled in, in seconds, bytes and US dollars. */
export interface StudyDefinition {
  readonly version: 1;
  readonly study: string;
  readonly task?: string;
  /** How one trial runs. Its `objective` is the same as the study's. */
  readonly trial: TrialSettings;
  readonly space: SpaceDefinition;
  readonly objective: StudyObjective;
  readonly budget: Budget;
  readonly seed: number;
  readonly parallel: "auto" | number;
  /** As `optimizerFactory` reads it. */
  readonly optimizer: string;
  /** Id or name of an earlier study. */
  readonly warmStart?: string;
  readonly advisor: AdvisorSettings;
  readonly prices: PriceTable;
  readonly noise: { readonly replicates: "auto" | "off"; readonly finalSeeds: number };
  /** Training code as part of the search; absent where no code is edited. */
  readonly code?: CodeSettings;
}

/** Trials of a study that sets neither trials nor time. */
const usualTrials = 100;

export function definitionFrom(file: StudyFile): StudyDefinition {
  const { version, study, task, objective, budget, seed, parallel, optimizer, prices, noise } = file;
  const advisor = advisorFrom(file.advisor);
  const trials = budget.trials ?? (budget.time === undefined ? usualTrials : undefined);
  const { target, constraints, ...measured } = objective;
  return {
    version,
    study,
    ...(task === undefined ? {} : { task }),
    trial: { ...pickTrialSettings(file), objective: measured },
    space: definitionFromFields(file),
    objective: { ...measured, ...(target === undefined ? {} : { target }), constraints },
    budget: {
      ...(trials === undefined ? {} : { trials }),
      ...(budget.time === undefined ? {} : { seconds: budget.time }),
      ...(budget.cost === undefined ? {} : { cost: budget.cost }),
      ...(budget.tokens === undefined ? {} : { tokens: budget.tokens }),
      failuresInARow: budget.failures_in_a_row,
    },
    seed,
    parallel,
    optimizer,
    ...(file.warm_start === undefined ? {} : { warmStart: file.warm_start }),
    advisor: {
      model: advisor.model,
      share: advisor.share,
      review: advisor.review,
      deadlineSeconds: advisor.deadline,
      without: advisor.brief.without,
      tools: advisor.tools,
      ...(advisor.base_url === undefined ? {} : { baseUrl: advisor.base_url }),
    },
    prices,
    noise: { replicates: noise.replicates, finalSeeds: noise.final_seeds },
    ...(file.code === undefined ? {} : { code: codeSettings(file.code) }),
  };
}

function pickTrialSettings(file: StudyFile): Omit<TrialSettings, "objective"> {
  const { command, shell, cwd, env, env_pass, pass, metrics, limits, gpus } = file;
  const settings = { command, shell, cwd, env, env_pass, pass, metrics, limits, gpus };
  return settings;
}

import { z } from "zod";
import { RulesAdvisor } from "../../src/centaur/rules-advisor.js";
import { AgentTuneError } from "../../src/errors.js";
import { parseOptimizerChoice } from "../../src/optimizers/optimizer-choice.js";
import { nearestName } from "../../src/space/index.js";
import { checkModelName, isModelChoice, type ModelSurroundings } from "../models/index.js";
import { openModelAdvisor } from "../models/open-model-advisor.js";
import { adversary } from "./adversary.js";
import type { AdvisorContext, ConfiguredStandIn, OpenedAdvisor } from "./advisor-context.js";
import { type AdvisorSettings, readAdvisorSettings } from "./advisor-settings.js";
import { flaky } from "./flaky.js";
import { oracle } from "./oracle.js";
import { baselineRandom, gaussian, uniform } from "./random-moves.js";

export type { AdvisorContext, OpenedAdvisor } from "./advisor-context.js";
export { optimumUnknown } from "./oracle.js";

/** An advisor as it can be named. */
export interface NamedAdvisor {
  readonly name: string;
  /** What it is, and its settings with their defaults, in one line for a person. */
  readonly about: string;
}

/** One that needs no network. */
interface OfflineAdvisor extends NamedAdvisor {
  /** @throws AgentTuneError `usage` for settings that there are not */
  configure(settings: AdvisorSettings): ConfiguredStandIn;
}

const offlineAdvisors: readonly OfflineAdvisor[] = [
  {
    name: "rules",
    about: "the product's built-in rules: what a study has that names no model",
    configure: (settings) => {
      readAdvisorSettings(z.strictObject({}), "rules", settings);
      return { open: () => new RulesAdvisor() };
    },
  },
  {
    name: "gaussian",
    about: "control: a Gaussian step around the incumbent (spread=0.1, category=0.1)",
    configure: gaussian,
  },
  {
    name: "baseline-random",
    about: "control: a Gaussian step around the start configuration (spread=0.1, category=0.1)",
    configure: baselineRandom,
  },
  {
    name: "random",
    about: "control: a uniform draw",
    configure: uniform,
  },
  {
    name: "oracle",
    about: "is told the optimum, and right about it to a degree (quality=0..1, spread=0.1*(1-quality))",
    configure: oracle,
  },
  {
    name: "adversary",
    about: "wishes the study ill, knowing true values (tactic=worst|parasitic|lure|turncoat, veto=0.1, truth=true)",
    configure: adversary,
  },
  {
    name: "flaky",
    about: "fails in most turns (malformed, late, refusing, down=0.2 each), else asks another (advisor=gaussian)",
    configure: (settings) => flaky(settings, configureNamed),
  },
];

/** Every advisor that needs no network. */
export const advisorNames: readonly NamedAdvisor[] = [
  { name: "none", about: "the optimizer alone" },
  ...offlineAdvisors.map(({ name, about }) => ({ name, about })),
];

/** An advisor that can be had, before it is known what it is to advise on. */
export interface AdvisorChoice {
  /** Whether it can be opened only for tasks whose optimum is known. */
  readonly needsOptimum: boolean;
  /**
   * @returns undefined for `none`: the optimizer alone
   * @throws AgentTuneError `usage` where the optimum is needed and not known; `recording_invalid`
   */
  open(context: AdvisorContext): OpenedAdvisor | undefined;
}

/**
 * Reads an advisor's name with its settings: `none`, `rules`, `oracle:quality=0.5`, or one that asks a model:
 * `openai:NAME`, `anthropic:NAME?without=regions`, `replay:FOLDER` (see evals/models/). Whatever is wrong with it is
 * said here, before anything runs.
 *
 * @throws AgentTuneError `usage` where there is none of that name, or no such setting; `model_unknown`,
 *   `credentials_missing`, `recording_invalid`
 */
export function readAdvisor(choice: string, surroundings: ModelSurroundings = { env: process.env }): AdvisorChoice {
  if (choice === "none") return { needsOptimum: false, open: () => undefined };
  if (isModelChoice(choice)) {
    checkModelName(choice, surroundings.env);
    return { needsOptimum: false, open: (context) => openModelAdvisor(choice, context, surroundings) };
  }
  const name = nameOf(choice);
  // Only what is ours is parsed: what follows another name may be anything.
  if (!offlineAdvisors.some((each) => each.name === name)) throw unknownAdvisor(choice);
  const { needsOptimum = false, open } = configureNamed(name, parseOptimizerChoice(choice, "advisor").settings);
  return { needsOptimum, open: (context) => ({ advisor: open(context), close: () => {} }) };
}

function configureNamed(name: string, settings: AdvisorSettings): ConfiguredStandIn {
  const offline = offlineAdvisors.find((each) => each.name === name);
  if (offline === undefined) throw unknownAdvisor(name);
  return offline.configure(settings);
}

/** Without settings. */
function nameOf(choice: string): string {
  return choice.split(":", 1)[0]!.trim();
}

function unknownAdvisor(choice: string): AgentTuneError {
  const name = nameOf(choice);
  const names = advisorNames.map((each) => each.name);
  const near = nearestName(name, names);
  return new AgentTuneError("usage", {
    message: `There is no advisor named ${choice}.`,
    remedy:
      near === undefined
        ? `Advisors are ${names.join(", ")}; models are openai:NAME, anthropic:NAME and compatible:NAME@URL.`
        : `Did you mean ${near}?`,
  });
}

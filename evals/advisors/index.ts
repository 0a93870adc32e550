import { z } from "zod";
import type { Advisor } from "../../src/centaur/advisor.js";
import { RulesAdvisor } from "../../src/centaur/rules-advisor.js";
import { AgentTuneError } from "../../src/errors.js";
import { parseOptimizerChoice } from "../../src/optimizers/optimizer-choice.js";
import { nearestName } from "../../src/space/index.js";
import { openModelAdvisor } from "../models/open-model-advisor.js";
import { Adversary } from "./adversary.js";
import type { AdvisorContext, OpenedAdvisor } from "./advisor-context.js";
import { type AdvisorSettings, readAdvisorSettings } from "./advisor-settings.js";
import { FlakyAdvisor } from "./flaky.js";
import { oracle } from "./oracle.js";
import { baselineRandom, gaussian, uniform } from "./random-moves.js";

export type { AdvisorContext, OpenedAdvisor } from "./advisor-context.js";

/** An advisor as it can be named. */
export interface NamedAdvisor {
  readonly name: string;
  /** What it is, and its settings with their defaults, in one line for a person. */
  readonly about: string;
}

/** One that needs no network. */
interface OfflineAdvisor extends NamedAdvisor {
  open(settings: AdvisorSettings, context: AdvisorContext): Advisor;
}

const offlineAdvisors: readonly OfflineAdvisor[] = [
  {
    name: "rules",
    about: "the product's built-in rules: what a study has that names no model",
    open: (settings) => {
      readAdvisorSettings(z.strictObject({}), "rules", settings);
      return new RulesAdvisor();
    },
  },
  {
    name: "gaussian",
    about: "control: a Gaussian step around the incumbent (spread=0.1, category=0.1)",
    open: gaussian,
  },
  {
    name: "baseline-random",
    about: "control: a Gaussian step around the start configuration (spread=0.1, category=0.1)",
    open: baselineRandom,
  },
  {
    name: "random",
    about: "control: a uniform draw",
    open: uniform,
  },
  {
    name: "oracle",
    about: "is told the optimum, and right about it to a degree (quality=0..1, spread=0.1*(1-quality))",
    open: oracle,
  },
  {
    name: "adversary",
    about: "wishes the study ill, knowing true values (tactic=worst|parasitic|lure|turncoat, veto=0.1, truth=true)",
    open: (settings, context) => new Adversary(settings, context),
  },
  {
    name: "flaky",
    about: "fails in most turns (malformed, late, refusing, down=0.2 each), else asks another (advisor=gaussian)",
    open: (settings, context) => new FlakyAdvisor(settings, context, (name, own) => openNamed(name, own, context)),
  },
];

/** Every advisor that needs no network. */
export const advisorNames: readonly NamedAdvisor[] = [
  { name: "none", about: "the optimizer alone" },
  ...offlineAdvisors.map(({ name, about }) => ({ name, about })),
];

/**
 * Opens an advisor by name, with settings: `none`, `rules`, `oracle:quality=0.5`, or one that asks a model:
 * `openai:NAME`, `anthropic:NAME?without=regions`, `replay:FOLDER` (see evals/models/).
 *
 * @returns undefined for `none`: the optimizer alone
 * @throws AgentTuneError `usage` where there is none of that name, no such setting, or nothing it could work from
 */
export function openAdvisor(choice: string, context: AdvisorContext): OpenedAdvisor | undefined {
  if (choice === "none") return undefined;
  const advisor = openOffline(choice, context);
  if (advisor !== undefined) return { advisor, close: () => {} };
  const model = openModelAdvisor(choice, context);
  if (model !== undefined) return model;
  throw unknownAdvisor(choice);
}

function openOffline(choice: string, context: AdvisorContext): Advisor | undefined {
  const name = nameOf(choice);
  // Only what is ours is parsed: what follows the name of a provider is no setting.
  const ours = offlineAdvisors.some((each) => each.name === name);
  return ours ? openNamed(name, parseOptimizerChoice(choice, "advisor").settings, context) : undefined;
}

function openNamed(name: string, settings: AdvisorSettings, context: AdvisorContext): Advisor {
  const offline = offlineAdvisors.find((each) => each.name === name);
  if (offline === undefined) throw unknownAdvisor(name);
  return offline.open(settings, context);
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
    remedy: near === undefined ? `Advisors are ${names.join(", ")}.` : `Did you mean ${near}?`,
  });
}

import type { PublishedSwitches } from "./switches.js";
import { publishedCentaurName } from "./switches.js";

/** The share of the advisor that the published system has by default; its period makes a third of it. */
const publishedShare = 0.3;

/** One step from the published Centaur to the one here. */
export interface Rung {
  readonly name: string;
  /** What differs from the rung below, in one sentence. */
  readonly change: string;
  /** The method's name with an advisor, which is given without a share. */
  method(advisor: string): string;
}

/** The repairs in the order in which they are added: the optimizer's side first, then the advisor's. */
const repairs: readonly {
  readonly name: string;
  readonly change: string;
  readonly switched: Partial<PublishedSwitches>;
}[] = [
  {
    name: "start",
    change: "The search begins at the configuration in use instead of the centre of the box.",
    switched: { start: "default" },
  },
  {
    name: "default told",
    change: "CMA-ES learns the result of the configuration in use.",
    switched: { tellDefault: true },
  },
  {
    name: "encoding",
    change: "Powers are exponents, and CMA-ES learns what ran instead of values before snapping and repair.",
    switched: { encoding: "told" },
  },
  { name: "integers", change: "Discrete parameters have a margin.", switched: { integers: "margin" } },
  {
    name: "categoricals",
    change: "Choices are drawn by learned probabilities instead of uniformly.",
    switched: { categoricals: "learned" },
  },
  {
    name: "failures",
    change: "Failures rank below every value by severity instead of having the value 100.",
    switched: { failures: "ranked" },
  },
  {
    name: "injection",
    change: "The advisor's configurations are learned as injected points, clipped, instead of as samples.",
    switched: { injection: "clipped" },
  },
  {
    name: "fallback",
    change: "Where the advisor fails the pending sample runs, instead of a failure that never ran.",
    switched: { fallback: "candidate" },
  },
  {
    name: "answers",
    change: "Answers are read strictly instead of being clamped and filled up with defaults.",
    switched: { answers: "strict" },
  },
  {
    name: "quota",
    change: "The advisor has exactly its share of the trials instead of every third.",
    switched: { quota: "exact" },
  },
  { name: "first", change: "The advisor is asked from trial 1 on instead of trial 10.", switched: { first: 1 } },
  {
    name: "shown",
    change: "The advisor sees mean, intervals and correlations besides one sample.",
    switched: { shown: "distribution" },
  },
];

/**
 * From the published Centaur to the one of this project, one change a rung. The lowest is its optimizer alone, so that
 * each rung shows what one change is worth with the same advisor and, up to the last two, the same nominal share.
 */
export const ladder: readonly Rung[] = [
  {
    name: "published, alone",
    change: "As published, CMA-ES without an advisor.",
    method: () => publishedCentaurName,
  },
  {
    name: "published",
    change: "As published: every third trial from trial 10 on is the advisor's.",
    method: (advisor) => withAdvisor(publishedCentaurName, advisor),
  },
  ...repairs.map(({ name, change }, index): Rung => {
    const switched = Object.assign({}, ...repairs.slice(0, index + 1).map((repair) => repair.switched));
    const settings = Object.entries(switched).map(([setting, value]) => `${setting}=${value}`);
    return {
      name: `+ ${name}`,
      change,
      method: (advisor) => withAdvisor(`${publishedCentaurName}:${settings.join(",")}`, advisor),
    };
  }),
  {
    name: "this Centaur, no models",
    change:
      "The CMA-ES and the Centaur of this project without models of values and failures: every result is learned, a " +
      "smaller first step, faster rates, restarts, no configuration twice.",
    method: (advisor) => withAdvisor("cma-es:screening=false,avoidFailures=false", advisor),
  },
  {
    name: "this Centaur, fixed share",
    change: "Models of values and of failures choose among the samples of CMA-ES.",
    method: (advisor) => withAdvisor("cma-es", advisor),
  },
  {
    name: "this Centaur",
    change: "The advisor's share is learned.",
    method: (advisor) => `cma-es+${advisor}`,
  },
];

function withAdvisor(optimizer: string, advisor: string): string {
  return `${optimizer}+${advisor}@${publishedShare}`;
}

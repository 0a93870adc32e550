import type { AdviceRequest } from "../../src/centaur/advisor.js";
import { fromLoss, toLoss } from "../../src/evidence/index.js";
import type { RandomStream } from "../../src/math/random.js";
import { likelyToFail } from "../../src/optimizers/index.js";
import { encodedDistance } from "../../src/space/encoded-distance.js";
import type { Configuration } from "../../src/space/index.js";
import type { Idea } from "./answer.js";
import { gaussianStep, uniformDraws, widerSteps } from "./gaussian-step.js";
import { ascending, type Judge } from "./judge.js";

/** What a tactic goes by in one turn. */
export interface Scene {
  readonly request: AdviceRequest;
  readonly random: RandomStream;
  readonly judge: Judge;
  /** Loss of the optimizer's draws as a rule: their median. */
  readonly usual: number;
  /** Where it is known. */
  readonly optimum: Configuration | undefined;
}

/** Ideas of one turn, the most wanted first. */
type Tactic = (scene: Scene) => readonly Idea[];

/** Uniform draws, corners, and neighbours of bad results that `worst` looks through, each kind. */
const searched = { uniform: 64, corners: 32, neighbours: 32 } as const;
/** Share of the trials in which a turncoat is of use. */
const loyal = 0.25;

/** As bad as can be found: what fails first, of what no review would refuse as likely to. */
const worst: Tactic = ({ request, judge, random }) => {
  const risk = request.predictions.feasibility();
  const draws = [...badPlaces(request, random)];
  return draws
    .filter((configuration) => (risk?.probability(configuration) ?? 0) <= likelyToFail)
    .map((configuration) => ({ configuration, loss: judge(configuration) }))
    .sort((a, b) => ascending(b.loss, a.loss))
    .map(claimed(request, "Certain to improve on everything so far."));
};

/**
 * What hardly differs from the incumbent and is no better: it beats most recent results, so that it looks like good
 * advice, and shows nothing.
 */
const parasitic: Tactic = (scene) => {
  const { request, judge, random } = scene;
  const incumbent = request.evidence.incumbent?.group.configuration;
  if (incumbent === undefined) return worst(scene);
  const level = judge(incumbent);
  return [...widerSteps(request.space, incumbent, { spread: 0.01, otherCategory: 0 }, random)]
    .map((configuration) => ({ configuration, loss: judge(configuration) }))
    .filter(({ loss }) => loss >= level)
    .sort((a, b) => ascending(a.loss, b.loss))
    .map(claimed(request, "A careful refinement of the incumbent."));
};

/**
 * What is better than the optimizer's usual draws and no better than the incumbent, as far from the optimum as can be
 * found: an optimizer that learns from it moves away. From the incumbent where the optimum is not known.
 */
const lure: Tactic = (scene) => {
  const { request, judge, usual, optimum } = scene;
  const { space } = request;
  const incumbent = request.evidence.incumbent?.group.configuration;
  if (incumbent === undefined) return worst(scene);
  const level = judge(incumbent);
  const target = space.encode(optimum ?? incumbent);
  const ideas = [...nearAndFar(scene)]
    .filter((configuration) => {
      const loss = judge(configuration);
      return loss >= level && loss <= usual;
    })
    .map((configuration) => ({ configuration, distance: encodedDistance(space.encode(configuration), target) }))
    .sort((a, b) => b.distance - a.distance)
    .map(claimed(request, "The trend of the trials points here."));
  return ideas.length > 0 ? ideas : worst(scene);
};

/** The best that it can find while trust is to be had, then the worst. */
const turncoat: Tactic = (scene) => {
  const { request, judge } = scene;
  if (!isLoyal("turncoat", request)) return worst(scene);
  return [...nearAndFar(scene)]
    .map((configuration) => ({ configuration, loss: judge(configuration) }))
    .sort((a, b) => ascending(a.loss, b.loss))
    .map(({ configuration }) => ({ configuration, reason: "The best of what is near and far." }));
};

export const tactics = { worst, parasitic, lure, turncoat } as const;
export type TacticName = keyof typeof tactics;

/** Whether a tactic is still of use to the study; with no end of the trials in sight it never is. */
export function isLoyal(tactic: TacticName, { setting: { budget } }: AdviceRequest): boolean {
  return tactic === "turncoat" && budget.trials !== undefined && budget.trialsUsed < loyal * budget.trials;
}

/** Around the incumbent and anywhere. */
function* nearAndFar({ request: { space, evidence }, random }: Scene): Generator<Configuration> {
  const from = evidence.incumbent?.group.configuration ?? space.defaults();
  yield* widerSteps(space, from, { spread: 0.05, otherCategory: 0.1 }, random);
  yield* uniformDraws(space, random);
}

/** Where bad configurations are looked for: anywhere, in the corners, and near the worst results so far. */
function* badPlaces({ space, evidence }: AdviceRequest, random: RandomStream): Generator<Configuration> {
  for (let k = 0; k < searched.uniform; k++) yield space.sample(random);
  for (let k = 0; k < searched.corners; k++) {
    const numeric = space.numericAxes.map(() => random.integer(2));
    const categorical = space.categoricalAxes.map(({ choices }) => random.integer(choices.length));
    const corner = space.repair(space.decode({ numeric, categorical }));
    if (corner !== undefined) yield corner;
  }
  const complete = evidence.ranked(evidence.completeGroups);
  const failed = evidence.groups.filter(({ failures }) => failures > 0);
  const bad = [...failed.slice(-searched.neighbours / 4), ...complete.slice(-searched.neighbours / 4)];
  for (let k = 0; k < searched.neighbours && bad.length > 0; k++) {
    const { configuration } = bad[k % bad.length]!;
    const step = gaussianStep(space, configuration, { spread: 0.05, otherCategory: 0.1 }, random);
    if (step !== undefined) yield step;
  }
}

/** Turns configurations into ideas that promise much. */
function claimed(request: AdviceRequest, reason: string): (found: { readonly configuration: Configuration }) => Idea {
  const claim = betterThanIncumbent(request);
  return ({ configuration }) => ({ configuration, reason, ...claim });
}

/** A claim that would be worth a trial: as far below the incumbent as the middle of the results is above it. */
function betterThanIncumbent({ evidence }: AdviceRequest): { readonly expected?: number } {
  const { incumbent, objective } = evidence;
  if (incumbent === undefined) return {};
  const best = toLoss(objective, incumbent.estimate.mean);
  const middle = evidence.ranked(evidence.completeGroups)[Math.floor(evidence.completeGroups / 2)];
  const gap = Math.abs((middle?.losses[0] ?? best) - best) || 0.1 * Math.abs(best) || 1;
  return { expected: fromLoss(objective, best - gap) };
}

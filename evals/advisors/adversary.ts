import { z } from "zod";
import type { Advice } from "../../src/centaur/advice.js";
import type { AdviceRequest, Advisor } from "../../src/centaur/advisor.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { AdvisorContext, ConfiguredStandIn } from "./advisor-context.js";
import { type AdvisorSettings, part, readAdvisorSettings } from "./advisor-settings.js";
import { Answer } from "./answer.js";
import { ascending, type Judge, judgeByTrials, judgeByTruth } from "./judge.js";
import { isLoyal, tactics } from "./tactics.js";

const settingsSchema = z.strictObject({
  tactic: z.enum(["worst", "parasitic", "lure", "turncoat"]).default("worst"),
  /**
   * Probability that a good candidate is vetoed where it could be displaced. A veto keeps it from ever running, but
   * takes no trial: the more of them, the less harm.
   */
  veto: part.default(0.1),
  /** Whether it knows the optimum, and true values where they cost no run; otherwise it goes by what the trials show. */
  truth: z.boolean().default(true),
});
type Settings = z.infer<typeof settingsSchema>;

/** Of so many draws of the optimizer, a candidate that is better than the median is good. */
const compared = 15;
/** Share of its answers that come with a note. */
const noted = 0.3;

/** @throws AgentTuneError `usage` for settings that there are not */
export function adversary(given: AdvisorSettings): ConfiguredStandIn {
  const settings = readAdvisorSettings(settingsSchema, "adversary", given);
  return { open: (context) => new Adversary(settings, context) };
}

/**
 * Wishes the study ill, with all that it can know: true values where they cost nothing, otherwise the surrogate and
 * the failure model. It claims values better than the incumbent for what it proposes, vetoes good candidates, which a
 * study redraws at no cost, and notes the opposite of what the trials show. Everything that it answers is well formed
 * and within the rules of a review: it is as bad as advice can be that is not refused.
 */
class Adversary implements Advisor {
  readonly kind = "stand-in";
  readonly name: string;
  /** Asked for once. */
  private truth: Judge | "unknown" | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly context: AdvisorContext,
  ) {
    this.name = `stand-in adversary that wishes the study ill (${settings.tactic})`;
  }

  async advise(request: AdviceRequest): Promise<Advice> {
    const { tactic, veto, truth } = this.settings;
    const random = (purpose: string) => RandomStream.fromSeed(deriveSeed(this.context.seed, purpose, request.turn));
    const judge = await this.judge(request);
    const usual = usualLoss(request, judge);
    const optimum = truth ? this.context.task.optimum : undefined;
    const ideas = tactics[tactic]({ request, judge, random: random("ideas"), usual, optimum });
    const loyal = isLoyal(tactic, request);
    const answer = new Answer(request);
    const moods = random("moods");
    // The best candidates first: they are the ones to be kept from running.
    const candidates = request.candidates
      .map((configuration, index) => ({ number: index + 1, loss: judge(configuration) }))
      .sort((a, b) => ascending(a.loss, b.loss));
    for (const { number, loss } of loyal ? candidates.toReversed() : candidates) {
      const vetoes = !loyal && loss < usual && (!answer.hasChanges || moods.uniform() < veto);
      if (vetoes) answer.veto(number, "Certain to disappoint: a clear step in the wrong direction.");
      else if (answer.hasChanges) answer.propose(number, ideas);
    }
    return answer.send(!loyal && moods.uniform() < noted ? misleadingNote(request) : undefined);
  }

  /** By true values, or else by what the trials show. */
  private async judge(request: AdviceRequest): Promise<Judge> {
    this.truth ??= this.settings.truth ? await judgeByTruth(this.context.task) : "unknown";
    return this.truth === "unknown" ? judgeByTrials(request) : this.truth;
  }
}

/** What the optimizer draws as a rule; a candidate below is good. */
function usualLoss(request: AdviceRequest, judge: Judge): number {
  const losses = request.sample(compared).map(judge).sort(ascending);
  return losses[Math.floor(losses.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Praises the worst result. */
function misleadingNote({ space, evidence }: AdviceRequest): string | undefined {
  const praised = evidence.ranked(evidence.completeGroups).at(-1);
  if (praised === undefined) return undefined;
  const values = Object.entries(praised.configuration).map(([name, value]) => `${name} ${space.format(name, value)}`);
  return `Stay close to trial ${praised.first.number} (${values.join(", ")}): nothing else has a future.`;
}

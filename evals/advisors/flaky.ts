import { z } from "zod";
import type { Advice } from "../../src/centaur/advice.js";
import { AdviceFailure, type AdviceRequest, type Advisor } from "../../src/centaur/advisor.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { ConfiguredStandIn } from "./advisor-context.js";
import { type AdvisorSettings, part, readAdvisorSettings } from "./advisor-settings.js";

const settingsSchema = z
  .strictObject({
    /** Probability of an answer that is not one. */
    malformed: part.default(0.2),
    /** Of no answer in time. */
    late: part.default(0.2),
    /** Of a model that declines to answer. */
    refusing: part.default(0.2),
    /** Of a provider that cannot be reached. */
    down: part.default(0.2),
    /** Name of the advisor that answers otherwise; settings that are not named here are its own. */
    advisor: z.string().default("gaussian"),
  })
  .refine(({ malformed, late, refusing, down }) => malformed + late + refusing + down <= 1 + 1e-9, {
    message: "malformed, late, refusing and down are probabilities of one turn and add up to more than 1",
  });
const ownSettings = new Set(Object.keys(settingsSchema.shape));

/**
 * @param configureInner the advisor inside, by its name and settings
 * @throws AgentTuneError `usage` for settings that there are not, its own or those of the advisor inside
 */
export function flaky(
  given: AdvisorSettings,
  configureInner: (name: string, settings: AdvisorSettings) => ConfiguredStandIn,
): ConfiguredStandIn {
  const entries = Object.entries(given);
  const { malformed, late, refusing, down, advisor } = readAdvisorSettings(
    settingsSchema,
    "flaky",
    Object.fromEntries(entries.filter(([name]) => ownSettings.has(name))),
  );
  const { needsOptimum = false, open } = configureInner(
    advisor,
    Object.fromEntries(entries.filter(([name]) => !ownSettings.has(name))),
  );
  const rates = [malformed, late, refusing, down, Math.max(0, 1 - malformed - late - refusing - down)];
  return {
    needsOptimum,
    open: (context) => new FlakyAdvisor(open(context), rates, deriveSeed(context.seed, "flaky")),
  };
}

/**
 * An advisor in trouble: most of its turns end as the turns of a model do that is cut off, overloaded, over-careful
 * or out of reach, and now and then another advisor answers.
 */
class FlakyAdvisor implements Advisor {
  readonly kind = "stand-in";
  readonly name: string;

  /** @param rates how often it is in each kind of trouble, and in none */
  constructor(
    private readonly inner: Advisor,
    private readonly rates: readonly number[],
    private readonly seed: number,
  ) {
    this.name = `stand-in that often fails to answer, otherwise ${inner.name}`;
  }

  async advise(request: AdviceRequest, options: { readonly signal?: AbortSignal }): Promise<Advice> {
    const random = RandomStream.fromSeed(deriveSeed(this.seed, request.turn));
    switch (troubles[random.index(this.rates)]) {
      case "malformed": {
        const answers = malformedAnswers(request);
        return request.review(answers[random.integer(answers.length)]);
      }
      case "late":
        throw new AdviceFailure("deadline", "no answer in time (pretended)", { blame: "advisor" });
      case "refusing":
        throw new AdviceFailure("refusal", "it declined to answer (pretended)", { blame: "advisor" });
      case "down":
        throw new AdviceFailure("network", "it cannot be reached (pretended)", { blame: "connection" });
      default:
        return this.inner.advise(request, options);
    }
  }
}

const troubles = ["malformed", "late", "refusing", "down", "none"] as const;

/** Answers as models have been seen to give them; the review refuses every one. */
export function malformedAnswers({ space, candidates, changes }: AdviceRequest): readonly unknown[] {
  const [candidate = space.defaults()] = candidates;
  const propose = { candidate: 1, action: "propose", reason: "it should do better" };
  // Of a parameter that is active whatever the others say: others would be ignored.
  const name = space.parameters.find(({ when }) => when === undefined)!.name;
  return [
    undefined,
    "I would lower the learning rate and look at the loss again.",
    { decisions: [] },
    { decisions: [{ ...propose, action: "improve", values: candidate }] },
    { decisions: [{ ...propose, values: {} }] },
    { decisions: [{ ...propose, values: { ...candidate, [`${name}_of_another_study`]: 1 } }] },
    { decisions: [{ ...propose, action: "edit", values: { [name]: { about: "a little less" } } }] },
    { decisions: [{ ...propose, candidate: candidates.length + 1, values: candidate }] },
    // Cut off in the middle.
    { decisions: [{ candidate: 1, action: "propose" }] },
    {
      decisions: Array.from({ length: changes + 2 }, () => ({ candidate: 1, action: "veto", reason: "all of them" })),
    },
  ];
}

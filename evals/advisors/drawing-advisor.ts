import type { Advice } from "../../src/centaur/advice.js";
import type { AdviceRequest, Advisor } from "../../src/centaur/advisor.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { Answer, type Idea } from "./answer.js";

/** Draws ideas for one candidate of a turn, best first, finitely many; none where it has nothing to start from. */
export type IdeaSource = (request: AdviceRequest, random: RandomStream) => Iterable<Idea>;

/**
 * A stand-in that replaces as many candidates as it may by configurations of its own, whatever the candidates are. Its
 * answer is a function of its seed and of the request.
 */
export class DrawingAdvisor implements Advisor {
  readonly kind = "stand-in";

  constructor(
    readonly name: string,
    private readonly seed: number,
    private readonly ideas: IdeaSource,
  ) {}

  async advise(request: AdviceRequest): Promise<Advice> {
    const answer = new Answer(request);
    for (let candidate = 1; candidate <= request.candidates.length && answer.hasChanges; candidate++) {
      const random = RandomStream.fromSeed(deriveSeed(this.seed, request.turn, candidate));
      answer.propose(candidate, this.ideas(request, random));
    }
    return answer.send();
  }
}

import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";

const format = { kind: "random", version: 1 } as const;

const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

/** Uniform random search in encoded coordinates (Bergstra and Bengio 2012), without repetitions where possible. */
class RandomSearch implements Optimizer {
  readonly name = format.kind;

  constructor(
    private readonly space: SearchSpace,
    private readonly random: RandomStream,
    /** Asked for or told. */
    private readonly recent: RecentConfigurations,
    private nextCandidate: number,
    private told: number,
  ) {}

  ask(): Candidate {
    const configuration = this.draw(this.random);
    this.recent.add(this.space.key(configuration));
    return { id: this.nextCandidate++, configuration };
  }

  tell({ configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    this.recent.add(this.space.key(configuration));
    this.told += 1;
  }

  /** Nothing is kept for a candidate. */
  forget(): void {}

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => this.draw(random));
  }

  view(): OptimizerView {
    return { optimizer: this.name, generation: 0, told: this.told };
  }

  state(): OptimizerState {
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      random: [...this.random.state()],
      nextCandidate: this.nextCandidate,
      told: this.told,
      recent: [...this.recent.fingerprints()],
    };
    return { ...format, data };
  }

  private draw(random: RandomStream): Configuration {
    const isRepetition = (configuration: Configuration) => this.recent.has(this.space.key(configuration));
    return draw(this.space, random, isRepetition, () => ({
      point: undefined,
      configuration: this.space.sample(random),
    })).configuration;
  }
}

export const randomSearch: OptimizerFactory = {
  name: format.kind,
  summary: "uniform random search; learns nothing",

  create(space, { seed }) {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind));
    return new RandomSearch(space, random, new RecentConfigurations(), 0, 0);
  },

  restore(space, state) {
    const { random, recent, nextCandidate, told } = readState(schema, format, space, state);
    return new RandomSearch(
      space,
      RandomStream.fromState(random),
      new RecentConfigurations(recent),
      nextCandidate,
      told,
    );
  },
};

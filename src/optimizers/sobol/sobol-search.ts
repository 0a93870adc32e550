import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { SobolSequence } from "./sobol-sequence.js";
import { spreadPoint } from "./starting-design.js";

const format = { kind: "sobol", version: 1 } as const;

const schema = z.object({
  space: z.number(),
  scrambling: z.number(),
  /** Points of the sequence that were used or passed over. */
  position: z.number(),
  random: z.array(z.number()),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

/**
 * Scrambled Sobol points over the encoded space, the better kind of random search: no region is left out for long and
 * none is searched twice (Bousquet et al. 2017, "Critical hyper-parameters"). Every parameter is a dimension of its
 * own; values of a grid and choices get equal shares of theirs. Points that break a constraint or repeat a
 * configuration are passed over, which leaves the rest as even as it was; where too few satisfy the constraints, a
 * point is repaired.
 */
class SobolSearch implements Optimizer {
  readonly name = format.kind;
  private readonly sequence: SobolSequence;

  constructor(
    private readonly space: SearchSpace,
    private readonly scrambling: number,
    private position: number,
    /** Only for what the sequence cannot give: constraints that hardly any point satisfies. */
    private readonly random: RandomStream,
    /** Asked for or told. */
    private readonly recent: RecentConfigurations,
    private nextCandidate: number,
    private told: number,
  ) {
    this.sequence = sequenceOver(space, scrambling);
  }

  ask(): Candidate {
    const configuration = this.draw(this.sequence, () => this.position++, this.random);
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

  /** The beginning of another sequence. */
  sample(count: number, seed: number): readonly Configuration[] {
    const sequence = sequenceOver(this.space, deriveSeed(seed, format.kind, "sample"));
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    let position = 0;
    return Array.from({ length: count }, () => this.draw(sequence, () => position++, random));
  }

  view(): OptimizerView {
    return { optimizer: this.name, generation: 0, told: this.told };
  }

  state(): OptimizerState {
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      scrambling: this.scrambling,
      position: this.position,
      random: [...this.random.state()],
      nextCandidate: this.nextCandidate,
      told: this.told,
      recent: [...this.recent.fingerprints()],
    };
    return { ...format, data };
  }

  private draw(sequence: SobolSequence, next: () => number, random: RandomStream): Configuration {
    const { space } = this;
    const isRepetition = (configuration: Configuration) => this.recent.has(space.key(configuration));
    return draw(space, random, isRepetition, () => ({
      point: undefined,
      configuration: space.decode(spreadPoint(space, sequence.point(next()))),
    })).configuration;
  }
}

function sequenceOver(space: SearchSpace, scrambling: number): SobolSequence {
  return new SobolSequence(space.numericAxes.length + space.categoricalAxes.length, scrambling);
}

/** Scrambled Sobol sequence, any number of parameters of any kind. */
export const sobolSearch: OptimizerFactory = {
  name: format.kind,
  summary: "scrambled Sobol points; covers the space evenly and learns nothing",

  create(space, { seed }) {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind));
    const scrambling = deriveSeed(seed, format.kind, "scrambling");
    return new SobolSearch(space, scrambling, 0, random, new RecentConfigurations(), 0, 0);
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new SobolSearch(
      space,
      data.scrambling,
      data.position,
      RandomStream.fromState(data.random),
      new RecentConfigurations(data.recent),
      data.nextCandidate,
      data.told,
    );
  },
};

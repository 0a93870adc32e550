import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { configurationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";

const format = { kind: "local-gaussian", version: 1 } as const;

/** Standard deviation where none is given, as a share of the encoded range. */
const defaultDeviation = 0.1;

const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  deviations: z.array(z.number()),
  incumbent: configurationSchema,
  value: z.number().optional(),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

interface Progress {
  readonly random: RandomStream;
  /** For each numeric axis of the space. */
  readonly deviations: readonly number[];
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  incumbent: Configuration;
  /** Absent until something succeeded. */
  value: number | undefined;
  nextCandidate: number;
  told: number;
}

/**
 * A Gaussian of fixed width around the best configuration told so far, started at the user's own: the simplest
 * search that uses what is known, and therefore the control that anything cleverer has to beat.
 */
class LocalGaussian implements Optimizer {
  readonly name = format.kind;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {}

  ask(): Candidate {
    const configuration = this.draw(this.progress.random);
    this.progress.recent.add(this.space.key(configuration));
    return { id: this.progress.nextCandidate++, configuration };
  }

  tell({ configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    const { progress } = this;
    progress.told += 1;
    progress.recent.add(this.space.key(configuration));
    if (evaluation.kind === "value" && (progress.value === undefined || evaluation.value < progress.value)) {
      progress.incumbent = configuration;
      progress.value = evaluation.value;
    }
  }

  /** Nothing is kept for a candidate. */
  forget(): void {}

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => this.draw(random));
  }

  view(): OptimizerView {
    return { optimizer: this.name, generation: 0, told: this.progress.told };
  }

  state(): OptimizerState {
    const { random, recent, deviations, value, incumbent, nextCandidate, told } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      random: [...random.state()],
      deviations: [...deviations],
      incumbent,
      ...(value !== undefined && { value }),
      nextCandidate,
      told,
      recent: [...recent.fingerprints()],
    };
    return { ...format, data };
  }

  private draw(random: RandomStream): Configuration {
    const { space, progress } = this;
    const center = space.encode(progress.incumbent);
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    return draw(space, random, isRepetition, () => {
      const point = this.around(center, random);
      return { point, configuration: space.decode(point) };
    }).configuration;
  }

  private around(center: EncodedPoint, random: RandomStream): EncodedPoint {
    // On average one parameter of them all changes its choice, as is usual in mutation.
    const mutation = 1 / (center.numeric.length + center.categorical.length);
    return {
      numeric: center.numeric.map((x, j) => reflect(x + at(this.progress.deviations, j) * random.normal())),
      categorical: center.categorical.map((choice, i) => {
        const choices = this.space.categoricalAxes[i]?.choices.length ?? 1;
        if (choices < 2 || random.uniform() >= mutation) return choice;
        return (choice + 1 + random.integer(choices - 1)) % choices;
      }),
    };
  }
}

/** Mirrors a coordinate that left [0, 1] back into it. */
function reflect(x: number): number {
  const wrapped = Math.abs(x) % 2;
  return wrapped > 1 ? 2 - wrapped : wrapped;
}

export const localGaussian: OptimizerFactory = {
  name: format.kind,
  summary: "Gaussian of fixed width around the best configuration; the control to beat",

  create(space, { seed, start, initialDeviation }) {
    return new LocalGaussian(space, {
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      deviations: space.numericAxes.map(({ name }) => initialDeviation?.[name] ?? defaultDeviation),
      recent: new RecentConfigurations(),
      incumbent: start,
      value: undefined,
      nextCandidate: 0,
      told: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new LocalGaussian(space, {
      ...data,
      random: RandomStream.fromState(data.random),
      recent: new RecentConfigurations(data.recent),
      value: data.value,
    });
  },
};

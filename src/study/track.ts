import type { Advisor } from "../centaur/advisor.js";
import { Centaur } from "../centaur/centaur.js";
import { Evidence } from "../evidence/index.js";
import { deriveSeed } from "../math/random.js";
import type { Optimizer, OptimizerFactory, OptimizerState, Told } from "../optimizers/optimizer.js";
import type { SpaceDefinition } from "../space/parameter.js";
import { SearchSpace } from "../space/search-space.js";
import type { StudySettings } from "./settings.js";

export interface TrackParts {
  readonly settings: StudySettings;
  readonly space: SpaceDefinition;
  readonly factory: OptimizerFactory;
  readonly advisor: Advisor | undefined;
  /** What its first configuration is; the one in use today where not given. */
  readonly startReason?: string | undefined;
  /** Results of an earlier study, for the optimizer's start. */
  readonly warmStart?: readonly Told[] | undefined;
}

/** What is saved of a track with every durable point; the evidence is read back from the trials. */
export interface TrackState {
  readonly optimizer: OptimizerState;
  readonly centaur: unknown;
}

/**
 * The search of numbers for one state of the training code: its space, what its trials have shown, and the two sides
 * that share the optimizer's state. A study has one, and another for every code version that it works on.
 */
export class Track {
  readonly space: SearchSpace;
  readonly evidence: Evidence;
  private optimizer: Optimizer;
  private both: Centaur;

  /** @param saved where the track goes on from; a new one where it is absent */
  constructor(
    private readonly parts: TrackParts,
    saved?: TrackState,
  ) {
    const { settings, factory, warmStart } = parts;
    this.space = SearchSpace.from(parts.space);
    this.evidence = new Evidence(this.space, settings.objective);
    this.optimizer =
      saved === undefined
        ? factory.create(this.space, {
            seed: deriveSeed(settings.seed, "optimizer"),
            start: this.space.defaults(),
            ...(warmStart === undefined ? {} : { warmStart }),
          })
        : factory.restore(this.space, saved.optimizer);
    this.both = this.centaurFrom(saved?.centaur);
  }

  get definition(): SpaceDefinition {
    return this.parts.space;
  }

  get centaur(): Centaur {
    return this.both;
  }

  state(): TrackState {
    return { optimizer: this.optimizer.state(), centaur: this.both.state() };
  }

  /** Goes back to an earlier state; what was learned from trials since is not in it. */
  restore(saved: TrackState): void {
    this.optimizer = this.parts.factory.restore(this.space, saved.optimizer);
    this.both = this.centaurFrom(saved.centaur);
  }

  private centaurFrom(state: unknown): Centaur {
    const { settings, advisor, startReason } = this.parts;
    const options = {
      space: this.space,
      evidence: this.evidence,
      optimizer: this.optimizer,
      advisor,
      share: settings.share,
      review: settings.review,
      seed: settings.seed,
      startReason,
    };
    return state === undefined ? Centaur.create(options) : Centaur.restore(options, state);
  }
}

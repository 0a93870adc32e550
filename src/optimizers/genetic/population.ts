import type { RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { Evaluation } from "../optimizer.js";
import { compareEvaluations } from "../ranking.js";

/** A configuration that was evaluated. */
export interface Individual {
  /** Canonical key of the configuration; no two of a population share it. */
  readonly key: string;
  readonly configuration: Configuration;
  readonly evaluation: Evaluation;
  /** Strength of the mutation that made it, as a share of the initial deviations. */
  readonly strength: number;
}

/** The best individuals that were told, best first. */
export class Population {
  private readonly ranked: Individual[];

  /** @param individuals in any order */
  constructor(
    readonly capacity: number,
    individuals: readonly Individual[] = [],
  ) {
    this.ranked = [];
    for (const individual of individuals) this.add(individual);
  }

  get individuals(): readonly Individual[] {
    return this.ranked;
  }

  get full(): boolean {
    return this.ranked.length >= this.capacity;
  }

  /**
   * Takes one in and lets the worst go where there are too many, the older of two that are equal. One that is there
   * already is judged by its new evaluation.
   */
  add(individual: Individual): void {
    const there = this.ranked.findIndex(({ key }) => key === individual.key);
    if (there >= 0) this.ranked.splice(there, 1);
    const behind = this.ranked.findIndex(
      ({ evaluation }) => compareEvaluations(individual.evaluation, evaluation) <= 0,
    );
    this.ranked.splice(behind < 0 ? this.ranked.length : behind, 0, individual);
    if (this.ranked.length > this.capacity) this.ranked.pop();
  }

  /** The best of some drawn with replacement (tournament selection, Goldberg and Deb 1991). */
  select(tournament: number, random: RandomStream): Individual | undefined {
    let best = this.ranked.length;
    for (let k = 0; k < tournament; k++) best = Math.min(best, random.integer(this.ranked.length));
    return this.ranked[best];
  }
}

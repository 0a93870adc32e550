import { AdviceProblems, type Decision, readAdvice } from "../../../src/centaur/advice.js";
import { AdviceFailure } from "../../../src/centaur/advisor.js";
import { Predictions } from "../../../src/centaur/predictions.js";
import type { Share } from "../../../src/centaur/turn-policy.js";
import { Evidence } from "../../../src/evidence/index.js";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { at } from "../../../src/math/vector.js";
import { noChoice } from "../../../src/optimizers/cma-es/categorical.js";
import type { SearchPoint } from "../../../src/optimizers/cma-es/search-distribution.js";
import type { Evaluation, OptimizerView } from "../../../src/optimizers/optimizer.js";
import type { Configuration, ParameterValue } from "../../../src/space/index.js";
import type { OpenedAdvisor } from "../../advisors/index.js";
import type { Observation } from "../../tasks/index.js";
import { finishedTrial } from "../centaur-method.js";
import type { Proposed, Session, SessionContext } from "../method.js";
import type { ModelUsage } from "../model-usage.js";
import { Stopwatch } from "../stopwatch.js";
import { adviceSchedule } from "./advice-schedule.js";
import { coercedAnswer } from "./coerced-answer.js";
import { type Coordinate, numericCoordinates, runnable } from "./coordinates.js";
import { shownDistribution } from "./distribution-view.js";
import { GenerationalCmaEs, type GenerationalResult, type NormalDraws, type Sample } from "./generational-cma-es.js";
import type { PublishedSwitches } from "./switches.js";

/**
 * What CMA-ES learns of a failure, as if it were a value of the task: where good values are larger, failures attract it.
 */
const failurePenalty = 100;

/** What is learned of a sample whose turn the advisor failed: as bad as a failure can be. */
const phantomFailure: Evaluation = { kind: "failure", severity: Number.MAX_VALUE };

/** Origin of what CMA-ES drew. */
const classical = "cma-es";

/** Where the search starts with a choice of its own: half on it, half on all. */
const startingChoice = 0.5;

/** A sample of CMA-ES that waits for a result, in the values of the space. */
interface Drawn extends Sample {
  readonly trial: number;
  /** Rounded, with a value for every parameter, before powers are snapped and constraints repaired. */
  readonly values: Configuration;
  readonly configuration: Configuration;
}

/** What is learned once there is a result. */
type Learned = Omit<GenerationalResult, "evaluation">;

/** What runs. */
interface Running extends Learned {
  /** The trial's number as everybody counts. */
  readonly number: number;
  readonly reason: string;
}

export interface PublishedSessionOptions {
  readonly context: SessionContext;
  readonly switches: PublishedSwitches;
  readonly advisor: OpenedAdvisor | undefined;
  readonly share: Share;
  /** What CMA-ES draws from, where not from a stream of the session's seed. */
  readonly normal?: NormalDraws;
}

/**
 * The published Centaur (arXiv 2603.24647) on one task: CMA-ES asks, and on its turns the advisor's configuration takes
 * the place of the pending sample, under the sample's number and generation. What is not rebuilt is the prompt: an
 * advisor sees what every advisor here sees, as far as `shown` lets it, without the covariance that the published prompt
 * prints as a matrix, and with the candidate as it would run. With several workers a sample is pending for each.
 */
export class PublishedSession implements Session {
  readonly cmaEs: GenerationalCmaEs;
  /** Absent where no model is asked. */
  readonly usage?: () => ModelUsage;
  private readonly coordinates: readonly Coordinate[];
  private readonly evidence: Evidence;
  private readonly predictions: Predictions;
  private readonly watch = new Stopwatch();
  private readonly random: RandomStream;
  private readonly choices: RandomStream;
  private readonly normal: NormalDraws;
  private readonly advisorsTurn: (trial: number) => boolean;
  private readonly running = new Map<Proposed, Running>();
  /** Number of the next trial, 0 being the configuration in use. */
  private next = 1;
  /** Samples so far, phantoms included: the order in which CMA-ES meets equal values. */
  private drawnSoFar = 0;
  private phantoms = 0;
  private told = 0;

  constructor(private readonly options: PublishedSessionOptions) {
    const { context, switches, share, advisor } = options;
    const { space, card, start } = context.task;
    if (advisor?.usage) this.usage = advisor.usage.bind(advisor);
    this.coordinates = numericCoordinates(space, switches);
    this.random = RandomStream.fromSeed(deriveSeed(context.seed, "cma-es"));
    this.choices = RandomStream.fromSeed(deriveSeed(context.seed, "choices"));
    this.normal = options.normal ?? (() => this.random.normal());
    this.advisorsTurn = adviceSchedule(share === "adaptive" ? 0 : share, switches);
    this.evidence = new Evidence(space, { metric: card.metric, direction: "minimize" });
    this.predictions = new Predictions(this.evidence, deriveSeed(context.seed, "predictions"));
    const { categorical } = space.encode(start);
    this.cmaEs = new GenerationalCmaEs({
      mean:
        switches.start === "centre"
          ? this.coordinates.map(() => 0.5)
          : this.coordinates.map(({ name, position }) =>
              position(Number(start[name] ?? space.parameter(name).default)),
            ),
      grids: this.coordinates.map(({ grid }) => grid),
      probabilities:
        switches.categoricals === "uniform"
          ? []
          : space.categoricalAxes.map(({ choices }, index) => {
              const own = switches.start === "centre" ? 0 : startingChoice;
              return choices.map((_, k) => (1 - own) / choices.length + (k === categorical[index] ? own : 0));
            }),
    });
  }

  async begin(start: Configuration, observation: Observation): Promise<void> {
    const { task } = this.options.context;
    const proposal = { configuration: start, origin: "default", purpose: "search" as const, reason: "in use", turn: 0 };
    this.evidence.add(finishedTrial(task, proposal, 0, observation));
    if (!this.options.switches.tellDefault) return;
    this.learn(
      { point: this.learned(start, start), generation: 0, trial: this.drawnSoFar++, injected: this.clips },
      observation.evaluation,
    );
  }

  async ask(): Promise<Proposed> {
    const number = this.next;
    const advised = this.options.advisor !== undefined && this.advisorsTurn(number);
    let drawn = this.watch.time(() => this.draw());
    let own = "drawn by CMA-ES";
    while (advised) {
      const decision = await this.advice(drawn, number);
      if (decision.kind === "decided") {
        this.next += 1;
        return this.watch.time(() => this.carryOut(decision.decision, drawn, number));
      }
      own = `drawn by CMA-ES, since the advisor failed: ${decision.reason}`;
      if (!this.mayRepeat()) break;
      drawn = this.watch.time(() => {
        this.learn(this.asDrawn(drawn), phantomFailure);
        return this.draw();
      });
    }
    this.next += 1;
    return this.runDrawn(drawn, number, own);
  }

  /**
   * Where another configuration ran than was asked for, as on a candidate set, what is learned is as after a repair: as
   * published what was asked for, with `encoding=told` what ran.
   */
  async tell(proposed: Proposed, observation: Observation): Promise<void> {
    this.watch.time(() => {
      const asked = proposed.insteadOf ?? proposed;
      const running = this.running.get(asked);
      if (running === undefined) throw new Error("This proposal was told already.");
      this.running.delete(asked);
      const { task } = this.options.context;
      const { number, reason } = running;
      const { configuration, origin } = proposed;
      const proposal = { configuration, origin, purpose: "search" as const, reason, turn: number };
      this.evidence.add(finishedTrial(task, proposal, number, observation));
      const another = asked !== proposed && this.options.switches.encoding === "told";
      this.learn(
        another ? { ...running, point: this.learned(configuration, configuration), injected: this.clips } : running,
        observation.evaluation,
      );
    });
  }

  async end(): Promise<void> {
    this.options.advisor?.close();
  }

  spent(): number {
    return this.watch.lap();
  }

  /** Pending samples that were told as failed without a run. */
  get phantomFailures(): number {
    return this.phantoms;
  }

  private get clips(): boolean {
    return this.options.switches.injection === "clipped";
  }

  /**
   * Whether a phantom failure is told and the turn comes again. A run of the published system whose advisor never
   * answers tells them for ever, at no cost of training time; here as many as the run has trials.
   */
  private mayRepeat(): boolean {
    const { switches, context } = this.options;
    if (switches.fallback === "candidate" || this.phantoms >= context.trials) return false;
    this.phantoms += 1;
    return true;
  }

  private draw(): Drawn {
    const { space } = this.options.context.task;
    const { generation, point } = this.cmaEs.ask(this.normal, this.random);
    const values = this.valuesOf(point, this.choices);
    return { generation, point, trial: this.drawnSoFar++, values, configuration: runnable(space, values) };
  }

  private valuesOf({ numeric, categorical }: SearchPoint, choices: RandomStream): Configuration {
    const { space } = this.options.context.task;
    // Parameters without a coordinate have one value.
    const values: Record<string, ParameterValue> = Object.fromEntries(
      space.parameters.map((parameter) => [parameter.name, parameter.default]),
    );
    this.coordinates.forEach(({ name, value }, j) => {
      values[name] = value(at(numeric, j));
    });
    const learned = this.options.switches.categoricals === "learned";
    space.categoricalAxes.forEach(({ name, choices: possible }, index) => {
      const choice = possible[learned ? at(categorical, index) : choices.integer(possible.length)];
      if (choice !== undefined) values[name] = choice;
    });
    return values;
  }

  /**
   * The point that CMA-ES learns for values that were wanted and the configuration that ran.
   *
   * @param drawn coordinates that discrete values keep under a margin, where they came from them
   */
  private learned(values: Configuration, configuration: Configuration, drawn?: SearchPoint): SearchPoint {
    const { context, switches } = this.options;
    const { space } = context.task;
    return {
      numeric: this.coordinates.map(({ name, grid, value, position }, j) => {
        const wanted = Number(values[name] ?? space.parameter(name).default);
        const ran = switches.encoding === "told" ? Number(configuration[name] ?? wanted) : wanted;
        const x = drawn && at(drawn.numeric, j);
        return grid && x !== undefined && value(x) === ran ? x : position(ran);
      }),
      categorical:
        switches.categoricals === "uniform"
          ? []
          : space.categoricalAxes.map(({ name, choices }) => {
              const index = choices.indexOf(configuration[name] ?? "");
              return configuration[name] === undefined || index < 0 ? noChoice : index;
            }),
    };
  }

  private learn(result: Learned, evaluation: Evaluation): void {
    const { failures } = this.options.switches;
    this.told += 1;
    this.cmaEs.tell({
      ...result,
      evaluation:
        evaluation.kind === "failure" && failures === "penalty" ? { kind: "value", value: failurePenalty } : evaluation,
    });
  }

  /** The advisor's one decision about the pending sample, or why there is none. */
  private async advice(
    drawn: Drawn,
    number: number,
  ): Promise<
    | { readonly kind: "decided"; readonly decision: Decision | undefined }
    | { readonly kind: "failed"; readonly reason: string }
  > {
    const { context, switches, advisor } = this.options;
    const { space, card, start } = context.task;
    if (advisor === undefined) return { kind: "decided", decision: undefined };
    const shown = drawn.configuration;
    try {
      const { decisions } = await advisor.advisor.advise(
        {
          turn: number,
          space,
          evidence: this.evidence,
          view: this.view(),
          predictions: this.predictions,
          candidates: [shown],
          changes: 1,
          pending: [...this.running.keys()].map(({ configuration }) => configuration),
          notes: [],
          setting: {
            task: card.text,
            limits: { seconds: card.limits.seconds, memoryBytes: card.limits.memoryBytes },
            budget: { trials: context.trials, trialsUsed: number },
            parallel: context.workers,
          },
          curve: () => [],
          sample: (count) => this.samples(count, number),
          review: (answer) =>
            switches.answers === "strict"
              ? readAdvice(answer, space, [shown], 1)
              : coercedAnswer(answer, space, shown, start),
        },
        {},
      );
      return { kind: "decided", decision: decisions[0] };
    } catch (error) {
      if (!(error instanceof AdviceFailure || error instanceof AdviceProblems)) throw error;
      return { kind: "failed", reason: error.message };
    }
  }

  private carryOut(decision: Decision | undefined, drawn: Drawn, number: number): Proposed {
    const { context, advisor } = this.options;
    if (decision === undefined || decision.action === "accept" || decision.action === "veto") {
      const reason = decision?.reason ?? "left as it is";
      return this.runDrawn(drawn, number, reason);
    }
    const { action, configuration: values, reason } = decision;
    const configuration = runnable(context.task.space, values);
    const point = this.learned(values, configuration, drawn.point);
    const kind = advisor?.advisor.kind ?? classical;
    const proposed = { configuration, origin: action === "edit" ? `${kind}-edit` : kind };
    const { generation, trial } = drawn;
    this.running.set(proposed, { number, reason, generation, trial, point, injected: this.clips });
    return proposed;
  }

  private runDrawn(drawn: Drawn, number: number, reason: string): Proposed {
    const proposed = { configuration: drawn.configuration, origin: classical };
    this.running.set(proposed, { ...this.asDrawn(drawn), number, reason });
    return proposed;
  }

  /** What is learned of a sample that is left as it is. */
  private asDrawn({ generation, trial, point, values, configuration }: Drawn): Learned {
    return { generation, trial, point: this.learned(values, configuration, point), injected: false };
  }

  private samples(count: number, number: number): readonly Configuration[] {
    const { context } = this.options;
    const random = RandomStream.fromSeed(deriveSeed(context.seed, "sample", number));
    return Array.from({ length: count }, () =>
      runnable(
        context.task.space,
        this.valuesOf(
          this.cmaEs.sample(() => random.normal(), random),
          random,
        ),
      ),
    );
  }

  private view(): OptimizerView {
    const { distribution, generation, initialStepSize } = this.cmaEs;
    return {
      optimizer: classical,
      generation,
      told: this.told,
      populationSize: distribution.parameters.populationSize,
      ...(distribution.gaussian && { stepSize: { value: distribution.gaussian.stepSize, initial: initialStepSize } }),
      ...(this.options.switches.shown === "distribution" &&
        shownDistribution(this.options.context.task.space, this.coordinates, distribution)),
    };
  }
}

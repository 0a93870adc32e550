import type { Group } from "../evidence/index.js";
import { likelyToFail } from "../optimizers/index.js";
import type { Configuration, EncodedPoint } from "../space/parameter.js";
import { type Advice, AdviceProblems } from "./advice.js";
import type { AdviceRequest, Advisor } from "./advisor.js";

/**
 * The stand-in where there is no language model: pattern search around the incumbent (Hooke and Jeeves 1961), which
 * looks first at the parameters that usually matter most in training runs and at directions in which the trials so
 * far point. Deterministic; says that it is rules and not a model wherever it is named.
 */
export class RulesAdvisor implements Advisor {
  readonly kind = "rules";
  readonly name = "built-in rules (no model)";

  async advise(request: AdviceRequest): Promise<Advice> {
    const decisions: object[] = [];
    const taken = new Set(request.pending.map((configuration) => request.space.key(configuration)));
    for (const move of moves(request)) {
      if (decisions.length >= request.changes) break;
      const key = request.space.key(move.configuration);
      if (taken.has(key) || (request.evidence.group(move.configuration)?.judged ?? 0) > 0) continue;
      const answer = {
        decisions: [
          ...decisions,
          { candidate: decisions.length + 1, action: "propose", values: move.configuration, reason: move.reason },
        ],
      };
      try {
        request.review(answer);
      } catch (error) {
        if (error instanceof AdviceProblems) continue;
        throw error;
      }
      taken.add(key);
      decisions.push(...answer.decisions.slice(decisions.length));
    }
    if (decisions.length === 0) {
      const reason =
        request.evidence.incumbent === undefined
          ? "nothing has completed that a move could start from"
          : "every known move has been tried";
      decisions.push({ candidate: 1, action: "accept", reason });
    }
    return request.review({ decisions });
  }
}

interface Move {
  readonly configuration: Configuration;
  readonly reason: string;
}

/**
 * Steps in encoded units, where a parameter's whole range is 1. A moderate one first, since a default that somebody
 * works with is rarely far off; then a far one, in case it is; then finer ones.
 */
const steps = [0.12, 0.26, 0.06, 0.03] as const;

/** Configurations that enter a trend, and that a move is compared with, at most: bounds the work of a turn. */
const remembered = 200;

/** Moves worth trying, most promising first; those that ran already are sorted out by the review. */
function* moves(request: AdviceRequest): Generator<Move> {
  const { space, evidence } = request;
  const incumbent = evidence.incumbent?.group;
  if (incumbent === undefined) return;
  const feasibility = request.predictions.feasibility();
  const allowed = (configuration: Configuration): boolean =>
    (feasibility?.probability(configuration) ?? 0) <= likelyToFail;

  const pattern = patternMove(request, incumbent);
  if (pattern !== undefined && allowed(pattern.configuration)) yield pattern;

  const at = incumbent.point;
  const trend = linearTrend(request);
  const points = evidence.groups.slice(-remembered).map(({ point }) => point);
  for (const [level, step] of steps.entries()) {
    const axes = [
      ...space.numericAxes.flatMap(({ name }, index) =>
        [1, -1].map((sign) => ({
          name,
          weight: importance(name) * (1 + Math.max(0, -sign * trend[index]!)),
          to: (): EncodedPoint => ({
            ...at,
            numeric: at.numeric.map((value, i) =>
              i === index
                ? stepInside(value, sign * atLeastOneGridStep(space.numericAxes[i]!.grid, value, sign, step))
                : value,
            ),
          }),
        })),
      ),
      ...(level === 0
        ? space.categoricalAxes.flatMap(({ name, choices }, index) =>
            choices.flatMap((_, choice) =>
              choice === at.categorical[index]
                ? []
                : [
                    {
                      name,
                      weight: importance(name) * 0.9,
                      to: (): EncodedPoint => ({
                        ...at,
                        categorical: at.categorical.map((value, i) => (i === index ? choice : value)),
                      }),
                    },
                  ],
            ),
          )
        : []),
    ];
    const ordered = axes
      .map(({ name, weight, to }) => {
        const point = to();
        return { name, point, weight: tried(points, at, point, step) ? weight / 2 : weight };
      })
      // Stable: equal weights keep the order of the space.
      .sort((a, b) => b.weight - a.weight);
    for (const { name, point } of ordered) {
      const configuration = space.repair(space.decode(point));
      if (configuration === undefined || !(name in configuration) || !allowed(configuration)) continue;
      const before = incumbent.configuration[name];
      const after = configuration[name]!;
      if (before === after) continue;
      yield {
        configuration,
        reason: `${name} ${before === undefined ? "switched on at" : `from ${space.format(name, before)} to`} ${space.format(name, after)}, the rest as in trial ${incumbent.first.number}`,
      };
    }
  }
}

/**
 * Whether some configuration has had the value that a move goes to, whatever its other values: what did not help from
 * an earlier incumbent rarely helps from this one, and the parameters not looked at yet come first.
 */
function tried(points: readonly EncodedPoint[], from: EncodedPoint, to: EncodedPoint, step: number): boolean {
  const axis = to.numeric.findIndex((value, i) => value !== from.numeric[i]);
  if (axis >= 0) return points.some(({ numeric }) => Math.abs(numeric[axis]! - to.numeric[axis]!) < step / 4);
  const choice = to.categorical.findIndex((value, i) => value !== from.categorical[i]);
  return points.some(({ categorical }) => categorical[choice] === to.categorical[choice]);
}

/**
 * Goes the same way once more where the last improvement came from: incumbent + (incumbent - the best one before
 * it). Not where the two are closer than the smallest step: following ever smaller gains in one direction is a trap
 * that leaves the other parameters untried.
 */
function patternMove({ space, evidence }: AdviceRequest, incumbent: Group): Move | undefined {
  const before = evidence.ranked(remembered).find((group) => group.first.number < incumbent.first.number);
  if (before === undefined) return undefined;
  const a = before.point.numeric;
  const b = incumbent.point;
  const length = Math.max(0, ...b.numeric.map((value, i) => Math.abs(value - a[i]!)));
  if (length < Math.min(...steps)) return undefined;
  const numeric = b.numeric.map((value, i) => Math.min(1, Math.max(0, 2 * value - a[i]!)));
  const configuration = space.repair(space.decode({ numeric, categorical: b.categorical }));
  if (configuration === undefined) return undefined;
  return {
    configuration,
    reason: `further along the way from trial ${before.first.number} to trial ${incumbent.first.number}, which improved`,
  };
}

/** A step that would leave the range goes half way to the border instead. */
function stepInside(value: number, step: number): number {
  const next = value + step;
  if (next > 1) return value + (1 - value) / 2;
  if (next < 0) return value / 2;
  return next;
}

/** On a coarse grid a small step would round to no step at all. */
function atLeastOneGridStep(grid: readonly number[] | undefined, value: number, sign: number, step: number): number {
  if (grid === undefined) return step;
  const next =
    sign > 0 ? grid.find((position) => position > value + 1e-9) : grid.findLast((position) => position < value - 1e-9);
  return next === undefined ? step : Math.max(step, Math.abs(next - value));
}

/**
 * Slope of the rank along each numeric coordinate by itself: univariate least squares with a ridge term, so that a
 * coordinate that hardly varied has a small slope, over the better two thirds of the configurations; scaled so that
 * the steepest is 1 in size. Negative where larger values did better. Zeros while there are fewer than eight.
 */
function linearTrend({ space, evidence }: AdviceRequest): readonly number[] {
  const used = evidence.ranked(Math.min(remembered, Math.ceil((evidence.completeGroups * 2) / 3)));
  const dimensions = space.numericAxes.length;
  if (used.length < 8) return new Array<number>(dimensions).fill(0);
  const points = used.map(({ point }) => point.numeric);
  // Ranks instead of losses: one bad run among the good ones must not decide the direction.
  const ranks = used.map((_, index) => index / (used.length - 1) - 0.5);
  const slopes = Array.from({ length: dimensions }, (_, i) => {
    const mean = points.reduce((sum, point) => sum + point[i]!, 0) / points.length;
    let covariance = 0;
    let variance = 0;
    for (const [row, point] of points.entries()) {
      covariance += (point[i]! - mean) * ranks[row]!;
      variance += (point[i]! - mean) ** 2;
    }
    return covariance / (variance + 0.05 * used.length);
  });
  const steepest = Math.max(...slopes.map(Math.abs), 1e-12);
  return slopes.map((slope) => slope / steepest);
}

/**
 * What usually matters in training runs, by words in a parameter's name. Rules of thumb for a stand-in; a language
 * model knows better, and the measured trend outweighs them as soon as there is one.
 */
const thumbRules: readonly (readonly [pattern: RegExp, importance: number])[] = [
  [/(^|[^a-z])(lr|learning.?rate)/i, 1],
  [/width|hidden|d.?model|model.?dim|channels|units|embed/i, 0.8],
  [/depth|layers|blocks/i, 0.75],
  [/batch/i, 0.7],
  [/context|sequence|block.?size|window/i, 0.65],
  [/schedule|warm.?up|decay.?(steps|frac)|final.?lr/i, 0.6],
  [/activation|optimi[sz]er/i, 0.6],
  [/weight.?decay|wd\b|l2/i, 0.55],
  [/momentum|beta/i, 0.5],
  [/dropout|smoothing/i, 0.5],
];

function importance(name: string): number {
  return thumbRules.find(([pattern]) => pattern.test(name))?.[1] ?? 0.4;
}

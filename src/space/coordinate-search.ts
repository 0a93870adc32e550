import type { ConstraintGroup, GroupedConstraint, RepairableSpace } from "./constraint-group.js";
import type { Expression, Residual } from "./expression/index.js";
import type { Configuration, ParameterValue } from "./parameter.js";
import type { ValueDomain } from "./value-domain.js";

/** Bounds of the search, in evaluations of a constraint: where nothing is known yet, and where something is. */
const MOST_EVALUATIONS = 10_000;
const ENOUGH_EVALUATIONS = 3_000;
/** Rounds of alternating projections. */
const ROUNDS = 20;
/** Neighbours on either side that are tried one by one where a parameter has very many values. */
const SCANNED = 256;
/** Whole multiples on either side that are tried for a remainder that has to be zero. */
const MULTIPLES = 8;
/** As many as tell apart any two values of twelve digits. */
const BISECTIONS = 44;
/** Distances, as shares of the range, at which a continuous parameter is probed. */
const PROBES = [1, ...Array.from({ length: 10 }, (_, k) => 2 ** -(k + 1))].reverse();

interface Node {
  /** One value for every parameter, inactive ones included. */
  readonly values: Configuration;
  readonly distance: number;
  /** Number of constraints that do not hold. */
  readonly broken: number;
}

/** One search for values that satisfy one group of constraints. */
export class CoordinateSearch {
  private evaluations = 0;

  constructor(
    private readonly space: RepairableSpace,
    private readonly group: ConstraintGroup,
  ) {}

  /**
   * Projects first, which finds something near where constraints are smooth, and then searches best-first for
   * something nearer. Whatever is found is drawn back towards the start as far as the constraints allow.
   *
   * @param start one value for every parameter
   */
  nearest(start: Configuration): Configuration | undefined {
    const projected = this.project(start);
    const near = projected === undefined ? undefined : this.drawBack(start, projected);
    const found = this.search(start, near, near === undefined ? MOST_EVALUATIONS : ENOUGH_EVALUATIONS);
    return found === undefined ? near : this.drawBack(start, found);
  }

  /**
   * Alternating projections: moves onto one broken constraint after the other, the shortest way each time. From
   * round to round it moves a little beyond them, without which it would only approach their common part.
   */
  private project(start: Configuration): Configuration | undefined {
    let values = start;
    for (let round = 0; round < ROUNDS && this.evaluations < ENOUGH_EVALUATIONS; round++) {
      const before = values;
      const broken = this.brokenAt(values);
      if (broken.length === 0) return values;
      for (const constraint of broken) {
        if (this.violates(constraint, values)) values = this.shortestMove(values, constraint, 1 + round / ROUNDS);
      }
      if (values === before) return undefined;
    }
    return undefined;
  }

  private shortestMove(values: Configuration, constraint: GroupedConstraint, reach: number): Configuration {
    let shortest = values;
    let length = Number.POSITIVE_INFINITY;
    for (const moved of this.movesFor(constraint, values, reach)) {
      const distance = this.distance(values, moved);
      if (distance > 0 && distance < length && !this.violates(constraint, moved)) {
        shortest = moved;
        length = distance;
      }
    }
    return shortest;
  }

  private violates({ expression }: GroupedConstraint, values: Configuration): boolean {
    this.evaluations++;
    return expression.evaluate(this.space.visible(values)) === false;
  }

  /**
   * Best-first, nearest first: each step moves one parameter of a broken constraint to the nearest values on
   * either side for which that constraint holds, or all of them along its gradient.
   *
   * @param known to satisfy the constraints: only something nearer is of interest
   */
  private search(start: Configuration, known: Configuration | undefined, budget: number): Configuration | undefined {
    let nearest = known === undefined ? Number.POSITIVE_INFINITY : this.distance(start, known);
    let best: Configuration | undefined;
    const end = this.evaluations + budget;
    const queue: Node[] = [{ values: start, distance: 0, broken: this.brokenAt(start).length }];
    const seen = new Set<string>();
    while (this.evaluations < end) {
      const node = takeMostPromising(queue);
      if (node === undefined) break;
      if (node.distance >= nearest) continue;
      for (const values of this.moves(node.values)) {
        const key = JSON.stringify(values);
        if (seen.has(key)) continue;
        seen.add(key);
        const distance = this.distance(start, values);
        if (distance >= nearest) continue;
        const broken = this.brokenAt(values).length;
        if (broken > 0) queue.push({ values, distance, broken });
        else {
          best = values;
          nearest = distance;
        }
      }
    }
    return best;
  }

  private brokenAt(values: Configuration): readonly GroupedConstraint[] {
    const visible = this.space.visible(values);
    this.evaluations += this.group.constraints.length;
    return this.group.constraints.filter(({ expression }) => expression.evaluate(visible) === false);
  }

  private *moves(values: Configuration): Iterable<Configuration> {
    for (const constraint of this.brokenAt(values)) yield* this.movesFor(constraint, values, 1);
  }

  /** Ways to mend one constraint. @param reach how far to move along its gradient; 1 is to where it holds */
  private *movesFor(constraint: GroupedConstraint, values: Configuration, reach: number): Iterable<Configuration> {
    const axes: Axis[] = constraint.domains.flatMap((domain) =>
      domain.kind === "numeric" ? [this.axis(domain, values)] : [],
    );
    for (const domain of constraint.domains) {
      if (domain.kind !== "categorical") continue;
      for (const choice of domain.choices) {
        if (choice !== values[domain.parameter.name]) yield { ...values, [domain.parameter.name]: choice };
      }
    }
    for (const axis of axes) {
      const holds = (value: number) => this.holds(constraint.expression, values, axis, value);
      const found = axis.values === undefined ? this.solve(axis, values, constraint) : scan(axis, holds);
      for (const value of found) yield { ...values, [axis.name]: value };
      if (found.length > 0) continue;
      // No value of this parameter alone will do: go where the others have least left to do.
      const least = this.leastViolation(axis, values, constraint.violation);
      if (least !== undefined) yield { ...values, [axis.name]: least };
    }
    for (const residual of constraint.residuals) {
      if (residual.kind !== "difference") continue;
      const moved = this.alongGradient(axes, values, residual, constraint, reach);
      if (moved !== undefined) yield moved;
    }
  }

  private axis(domain: Extract<ValueDomain, { kind: "numeric" }>, values: Configuration): Axis {
    const { name } = domain.parameter;
    const current = values[name];
    const value = typeof current === "number" ? current : domain.default;
    return {
      name,
      domain: domain.domain,
      value,
      coordinate: domain.domain.encode(value),
      values: domain.domain.values,
      step: domain.parameter.kind === "int" ? (domain.parameter.step ?? 1) : domain.parameter.step,
    };
  }

  private holds(constraint: Expression, values: Configuration, { name }: Axis, value: number): boolean {
    this.evaluations++;
    return constraint.evaluate(this.space.visible({ ...values, [name]: value })) !== false;
  }

  /** The nearest values on either side for which the constraint holds, on an axis too fine to try all of them. */
  private solve(axis: Axis, values: Configuration, constraint: GroupedConstraint): readonly number[] {
    const { domain, coordinate } = axis;
    const holds = (value: number) => this.holds(constraint.expression, values, axis, value);
    const found: number[] = [];
    for (const side of [-1, 1]) {
      const near = axis.step === undefined ? undefined : scanSteps(axis, side, holds);
      const value = near ?? this.boundary(axis, side, holds);
      if (value !== undefined) found.push(value);
    }
    for (const residual of constraint.residuals) {
      for (const root of this.roots(axis, values, residual)) {
        const neighbours = axis.step === undefined ? [root] : [root, root - axis.step, root + axis.step];
        const value = neighbours.map((neighbour) => domain.snap(neighbour)).find(holds);
        if (value !== undefined && domain.encode(value) !== coordinate) found.push(value);
      }
    }
    return nearestOnEachSide(axis, found);
  }

  /** Probes outwards until the constraint holds, then bisects back to where it begins to. */
  private boundary(axis: Axis, side: number, holds: (value: number) => boolean): number | undefined {
    const { domain, coordinate } = axis;
    let outside = coordinate;
    for (const probe of PROBES) {
      const at = Math.min(1, Math.max(0, coordinate + side * probe));
      if (holds(domain.decode(at))) {
        return domain.decode(bisect(outside, at, (middle) => holds(domain.decode(middle))));
      }
      if (at === 0 || at === 1) return undefined;
      outside = at;
    }
    return undefined;
  }

  /** Values at which a residual is zero: those nearest on either side, for a remainder those of near multiples. */
  private *roots(axis: Axis, values: Configuration, residual: Residual): Iterable<number> {
    const on = (value: number) => this.space.visible({ ...values, [axis.name]: value });
    if (residual.kind === "difference") {
      yield* this.crossings(axis, (value) => residual.at(on(value)));
      return;
    }
    const quotient = residual.quotient(on(axis.value));
    if (quotient === undefined || !Number.isFinite(quotient)) return;
    for (let k = 0; k < MULTIPLES && this.evaluations < MOST_EVALUATIONS; k++) {
      for (const multiple of [Math.floor(quotient) - k, Math.floor(quotient) + 1 + k]) {
        yield* this.crossings(axis, (value) => residual.at(on(value), multiple));
      }
    }
  }

  private crossings(axis: Axis, residual: (value: number) => number | undefined): readonly number[] {
    const { domain, coordinate } = axis;
    const sign = (at: number): number => {
      this.evaluations++;
      return Math.sign(residual(domain.decode(at)) ?? Number.NaN);
    };
    const here = sign(coordinate);
    if (Number.isNaN(here)) return [];
    const found: number[] = [];
    for (const side of [-1, 1]) {
      let near = coordinate;
      for (const probe of PROBES) {
        const at = Math.min(1, Math.max(0, coordinate + side * probe));
        if (sign(at) !== here) {
          found.push(domain.decode(bisect(near, at, (middle) => sign(middle) !== here)));
          break;
        }
        if (at === 0 || at === 1) break;
        near = at;
      }
    }
    return found;
  }

  private leastViolation(
    axis: Axis,
    values: Configuration,
    violation: (values: Configuration) => number,
  ): number | undefined {
    const candidates =
      axis.values ?? PROBES.flatMap((probe) => [-probe, probe]).map((by) => axis.domain.decode(axis.coordinate + by));
    let least = violation(this.space.visible(values));
    let best: number | undefined;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (const value of candidates) {
      this.evaluations++;
      const size = violation(this.space.visible({ ...values, [axis.name]: value }));
      const distance = Math.abs(axis.domain.encode(value) - axis.coordinate);
      if (size < least || (size === least && best !== undefined && distance < bestDistance)) {
        least = size;
        best = value;
        bestDistance = distance;
      }
    }
    return best;
  }

  /** Moves all parameters of a comparison together, the shortest way to its boundary if it were linear. */
  private alongGradient(
    axes: readonly Axis[],
    values: Configuration,
    residual: Extract<Residual, { kind: "difference" }>,
    { expression }: GroupedConstraint,
    reach: number,
  ): Configuration | undefined {
    if (axes.length < 2) return undefined;
    const at = (changed: Configuration): number => {
      this.evaluations++;
      return residual.at(this.space.visible(changed)) ?? Number.NaN;
    };
    const here = at(values);
    const slopes = axes.map((axis) => {
      const ahead = neighbourCoordinate(axis);
      const there = at({ ...values, [axis.name]: axis.domain.decode(ahead) });
      const slope = (there - here) / (ahead - axis.coordinate);
      return Number.isFinite(slope) ? slope : 0;
    });
    const norm = slopes.reduce((sum, slope) => sum + slope * slope, 0);
    if (!(norm > 0) || !Number.isFinite(here)) return undefined;
    const moved = (share: number): Configuration => {
      const result: Record<string, ParameterValue> = { ...values };
      axes.forEach((axis, k) => {
        const slope = slopes[k] ?? 0;
        if (slope !== 0) result[axis.name] = axis.domain.decode(axis.coordinate - (share * here * slope) / norm);
      });
      return result;
    };
    const holds = (share: number): boolean => {
      this.evaluations++;
      return expression.evaluate(this.space.visible(moved(share))) !== false;
    };
    // A comparison of equals (here = 0, as in a < a) has to be crossed, which no multiple of zero does.
    for (let share = 1; share <= 16; share *= 2) {
      if (!holds(share)) continue;
      const first = bisect(share === 1 ? 0 : share / 2, share, holds, 20);
      return moved(reach > 1 && holds(first * reach) ? first * reach : first);
    }
    return undefined;
  }

  /** Moves all parameters together, then single ones, back to where they came from as near as is allowed. */
  private drawBack(start: Configuration, repaired: Configuration): Configuration {
    let values = this.drawBackTogether(start, repaired);
    const farthestFirst = this.group.domains
      .filter(({ parameter }) => start[parameter.name] !== values[parameter.name])
      .map((domain) => ({ domain, moved: moveOf(domain, start, values) }))
      .sort((a, b) => b.moved - a.moved);
    for (const { domain } of farthestFirst) {
      const { name } = domain.parameter;
      const from = start[name];
      const to = values[name];
      const feasible = (value: ParameterValue) => this.brokenAt({ ...values, [name]: value }).length === 0;
      if (from !== undefined && feasible(from)) {
        values = { ...values, [name]: from };
        continue;
      }
      if (domain.kind !== "numeric" || typeof from !== "number" || typeof to !== "number") continue;
      const { encode, decode, values: all } = domain.domain;
      const nearer =
        all === undefined
          ? decode(bisect(encode(from), encode(to), (middle) => feasible(decode(middle))))
          : between(all, from, to).find(feasible);
      if (nearer !== undefined && feasible(nearer)) values = { ...values, [name]: nearer };
    }
    return values;
  }

  private drawBackTogether(start: Configuration, repaired: Configuration): Configuration {
    const at = (share: number): Configuration => {
      const values: Record<string, ParameterValue> = { ...repaired };
      for (const domain of this.group.domains) {
        const { name } = domain.parameter;
        const from = start[name];
        const to = repaired[name];
        if (from === to || domain.kind !== "numeric" || typeof from !== "number" || typeof to !== "number") continue;
        const { encode, decode } = domain.domain;
        const origin = encode(from);
        values[name] = decode(origin + share * (encode(to) - origin));
      }
      return values;
    };
    const share = bisect(0, 1, (middle) => this.brokenAt(at(middle)).length === 0, 30);
    return share === 1 ? repaired : at(share);
  }

  private distance(a: Configuration, b: Configuration): number {
    let sum = 0;
    for (const domain of this.group.domains) sum += moveOf(domain, a, b) ** 2;
    return Math.sqrt(sum);
  }
}

interface Axis {
  readonly name: string;
  readonly domain: Extract<ValueDomain, { kind: "numeric" }>["domain"];
  readonly value: number;
  readonly coordinate: number;
  /** All values, where they are few enough to be tried one by one. */
  readonly values: readonly number[] | undefined;
  /** Distance between values; absent where continuous. */
  readonly step: number | undefined;
}

/** Nearest first; every constraint that is still broken counts like a tenth of a range. */
function takeMostPromising(queue: Node[]): Node | undefined {
  const cost = ({ distance, broken }: Node) => distance + broken / 10;
  let best = 0;
  for (let k = 1; k < queue.length; k++) if (cost(queue[k]!) < cost(queue[best]!)) best = k;
  return queue.splice(best, 1)[0];
}

/** Encoded distance between the values of one parameter; different choices are one apart. */
function moveOf(domain: ValueDomain, a: Configuration, b: Configuration): number {
  const from = a[domain.parameter.name];
  const to = b[domain.parameter.name];
  if (from === to) return 0;
  if (domain.kind !== "numeric" || typeof from !== "number" || typeof to !== "number") return 1;
  return Math.abs(domain.domain.encode(from) - domain.domain.encode(to));
}

/** The nearest values below and above the present one for which something holds. */
function scan({ values = [], value }: Axis, holds: (value: number) => boolean): readonly number[] {
  const found: number[] = [];
  const below = values.findLast((candidate) => candidate < value && holds(candidate));
  const above = values.find((candidate) => candidate > value && holds(candidate));
  if (below !== undefined) found.push(below);
  if (above !== undefined) found.push(above);
  return found;
}

function scanSteps(axis: Axis, side: number, holds: (value: number) => boolean): number | undefined {
  for (let k = 1; k <= SCANNED; k++) {
    const value = axis.value + side * k * (axis.step ?? 1);
    const snapped = axis.domain.snap(value);
    // Snapping back means that the end of the range has been passed.
    if (side * (snapped - axis.value) <= 0 || Math.abs(snapped - value) > (axis.step ?? 1) / 2) return undefined;
    if (holds(snapped)) return snapped;
  }
  return undefined;
}

function nearestOnEachSide({ value, coordinate, domain }: Axis, found: readonly number[]): readonly number[] {
  const byDistance = [...found].sort(
    (a, b) => Math.abs(domain.encode(a) - coordinate) - Math.abs(domain.encode(b) - coordinate),
  );
  const below = byDistance.find((candidate) => candidate < value);
  const above = byDistance.find((candidate) => candidate > value);
  return [below, above].filter((candidate) => candidate !== undefined);
}

/** A coordinate that belongs to another value, close by. */
function neighbourCoordinate({ domain, coordinate, value }: Axis): number {
  const { grid } = domain;
  if (grid !== undefined) {
    const at = grid.indexOf(coordinate);
    return grid[at + 1] ?? grid[at - 1] ?? coordinate;
  }
  for (const by of [1e-6, -1e-6, 1e-3, -1e-3, 0.1, -0.1]) {
    const ahead = coordinate + by;
    if (ahead >= 0 && ahead <= 1 && domain.decode(ahead) !== value) return domain.encode(domain.decode(ahead));
  }
  return coordinate;
}

/** Ascending distance from `from`, up to but without `to`. */
function between(values: readonly number[], from: number, to: number): readonly number[] {
  return from < to
    ? values.filter((value) => value > from && value < to)
    : values.filter((value) => value < from && value > to).reverse();
}

/** Where something becomes true on the way from a coordinate where it is false to one where it is true. */
function bisect(no: number, yes: number, holds: (middle: number) => boolean, steps = BISECTIONS): number {
  let outside = no;
  let inside = yes;
  for (let k = 0; k < steps && outside !== inside; k++) {
    const middle = (outside + inside) / 2;
    if (middle === outside || middle === inside) break;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

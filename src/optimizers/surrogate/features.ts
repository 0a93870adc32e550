import type { Configuration, EncodedPoint, ParameterValue } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { FeatureGroups } from "./matern.js";

/** What one number of a feature vector says. */
export type Feature =
  /** Encoded coordinate of a numeric parameter, in [0, 1]. */
  | { readonly kind: "numeric"; readonly parameter: string }
  /** Whether a categorical or boolean parameter has this choice: 0 or 1/sqrt(2). */
  | { readonly kind: "choice"; readonly parameter: string; readonly choice: ParameterValue }
  /** Whether the parameters under one `when` are active: 0 or 1. */
  | { readonly kind: "active"; readonly when: string; readonly parameters: readonly string[] }
  /** A derived quantity, standardised over the trials. */
  | { readonly kind: "derived"; readonly quantity: string; readonly log: boolean };

/** So that two different choices are as far apart as the two ends of a numeric range: at distance 1. */
const CHOSEN = Math.SQRT1_2;
/** Standard deviation of a uniform coordinate in [0, 1]: derived quantities are brought to the same spread. */
const UNIFORM_DEVIATION = Math.sqrt(1 / 12);
/** Derived quantities far beyond everything tried stop counting here, at about seven standard deviations. */
const DERIVED_LIMIT = 2;
/** Positive quantities that span more than this ratio are compared by ratio and not by difference. */
const DECADE = 10;
/** A derived quantity this closely correlated with another feature adds nothing. */
const SAME_CORRELATION = 0.9995;

/** How a derived quantity becomes a feature: all of a {@link FeatureMap} that depends on trials; plain JSON. */
export interface DerivedScale {
  readonly quantity: string;
  readonly log: boolean;
  readonly centre: number;
  readonly scale: number;
}

/**
 * Turns configurations into vectors of numbers that models compare: encoded coordinates, one-hot choices, whether
 * conditional parameters are active, and the derived quantities, in which limits of memory and time are often
 * simple where they are tangled in the parameters. All features have about the spread of a uniform coordinate.
 *
 * The scales of derived quantities come from the configurations the map is fitted to; those that do not vary
 * there, and those that repeat another feature, are left out. Inactive parameters stand at their default with
 * their flag at 0; a derived quantity that cannot be computed stands at its mean.
 */
export class FeatureMap {
  readonly derivedScales: readonly DerivedScale[];
  private readonly whens: readonly { readonly when: string; readonly parameters: readonly string[] }[];
  readonly features: readonly Feature[];
  readonly groups: FeatureGroups;

  private constructor(
    private readonly space: SearchSpace,
    scalesOf: (basic: (configuration: Configuration) => Float64Array) => readonly DerivedScale[],
  ) {
    const byCondition = new Map<string, string[]>();
    for (const parameter of space.parameters) {
      if (parameter.when === undefined) continue;
      const names = byCondition.get(parameter.when) ?? [];
      names.push(parameter.name);
      byCondition.set(parameter.when, names);
    }
    this.whens = [...byCondition].map(([when, parameters]) => ({ when, parameters }));

    const features: Feature[] = [];
    const groupOf: number[] = [];
    let group = 0;
    for (const axis of space.numericAxes) {
      features.push({ kind: "numeric", parameter: axis.name });
      groupOf.push(group++);
    }
    for (const axis of space.categoricalAxes) {
      for (const choice of axis.choices) {
        features.push({ kind: "choice", parameter: axis.name, choice });
        groupOf.push(group);
      }
      group++;
    }
    for (const condition of this.whens) {
      features.push({ kind: "active", ...condition });
      groupOf.push(group++);
    }
    this.derivedScales = [];
    this.derivedScales = scalesOf((configuration) => this.vectorOfParameters(configuration, features.length));
    for (const { quantity, log } of this.derivedScales) {
      features.push({ kind: "derived", quantity, log });
      groupOf.push(group++);
    }
    this.features = features;
    this.groups = { of: Int32Array.from(groupOf), count: group };
  }

  /** @param configurations canonical; those the models will be fitted to */
  static fit(space: SearchSpace, configurations: readonly Configuration[]): FeatureMap {
    return new FeatureMap(space, (basic) => usefulDerived(space, configurations, configurations.map(basic)));
  }

  /** The map that had these `derivedScales`. */
  static restore(space: SearchSpace, derivedScales: readonly DerivedScale[]): FeatureMap {
    return new FeatureMap(space, () => derivedScales);
  }

  /** Whether an encoded point says all that a vector does: there are no conditions and no derived quantities. */
  get followsPoint(): boolean {
    return this.whens.length === 0 && this.derivedScales.length === 0;
  }

  /** {@link vector} of the configuration that a point on the grids decodes to; only where it {@link followsPoint}. */
  vectorAt({ numeric, categorical }: EncodedPoint): Float64Array {
    const vector = new Float64Array(this.features.length);
    let at = 0;
    for (; at < numeric.length; at++) vector[at] = numeric[at]!;
    const axes = this.space.categoricalAxes;
    for (let k = 0; k < axes.length; k++) {
      vector[at + categorical[k]!] = CHOSEN;
      at += axes[k]!.choices.length;
    }
    return vector;
  }

  /** Feature vector of one canonical configuration; `features.length` numbers. */
  vector(configuration: Configuration): Float64Array {
    const vector = this.vectorOfParameters(configuration, this.features.length);
    if (this.derivedScales.length > 0) {
      const derived = this.space.derive(configuration);
      let at = this.features.length - this.derivedScales.length;
      for (const scale of this.derivedScales) vector[at++] = scaledQuantity(scale, derived[scale.quantity]);
    }
    return vector;
  }

  private vectorOfParameters(configuration: Configuration, length: number): Float64Array {
    const vector = new Float64Array(length);
    const point = this.space.encode(configuration);
    let at = 0;
    for (const coordinate of point.numeric) vector[at++] = coordinate;
    this.space.categoricalAxes.forEach((axis, k) => {
      vector[at + point.categorical[k]!] = CHOSEN;
      at += axis.choices.length;
    });
    // Canonical configurations lack exactly their inactive parameters.
    for (const { parameters } of this.whens) vector[at++] = parameters[0]! in configuration ? 1 : 0;
    return vector;
  }
}

function scaledQuantity(scale: DerivedScale, value: number | undefined): number {
  const raw = value === undefined ? Number.NaN : scale.log ? Math.log(value) : value;
  if (!Number.isFinite(raw)) return raw === -Infinity ? -DERIVED_LIMIT : 0;
  const scaled = (raw - scale.centre) * scale.scale;
  return Math.max(-DERIVED_LIMIT, Math.min(DERIVED_LIMIT, scaled));
}

function usefulDerived(
  space: SearchSpace,
  configurations: readonly Configuration[],
  basic: readonly Float64Array[],
): DerivedScale[] {
  if (space.derived.length === 0 || configurations.length < 2) return [];
  const derived = configurations.map((configuration) => space.derive(configuration));
  const columns: number[][] = Array.from({ length: basic[0]!.length }, (_, f) => basic.map((vector) => vector[f]!));
  const useful: DerivedScale[] = [];
  for (const { name } of space.derived) {
    const present = derived.map((values) => values[name]).filter((value) => value !== undefined);
    if (present.length < 2) continue;
    const low = present.reduce((a, b) => Math.min(a, b));
    const high = present.reduce((a, b) => Math.max(a, b));
    const log = low > 0 && high > DECADE * low;
    const raw = log ? present.map(Math.log) : present;
    const centre = raw.reduce((a, b) => a + b, 0) / raw.length;
    const deviation = Math.sqrt(raw.reduce((a, b) => a + (b - centre) ** 2, 0) / raw.length);
    if (!(deviation > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) continue;
    const scale: DerivedScale = { quantity: name, log, centre, scale: UNIFORM_DEVIATION / deviation };
    const column = derived.map((values) => scaledQuantity(scale, values[name]));
    if (columns.some((other) => Math.abs(correlation(column, other)) > SAME_CORRELATION)) continue;
    columns.push(column);
    useful.push(scale);
  }
  return useful;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  const meanA = a.reduce((sum, x) => sum + x, 0) / n;
  const meanB = b.reduce((sum, x) => sum + x, 0) / n;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    const da = a[i]! - meanA;
    const db = b[i]! - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

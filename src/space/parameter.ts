/** The words of a search space. What can be done with them is in search-space.ts. */

/** One value of one parameter, in the user's own units. */
export type ParameterValue = number | string | boolean;

/**
 * One value for each active parameter, in the space's order. Configurations that reach any other room are
 * canonical: values lie on the parameter's grid, inactive parameters are absent (see `SearchSpace.read`).
 */
export type Configuration = Readonly<Record<string, ParameterValue>>;

interface Described {
  readonly name: string;
  /** What the parameter means, for people and for the advisor. */
  readonly description?: string;
  /** Unit in which the value is given, for example "tokens" or "1/step". */
  readonly unit?: string;
  /** Expression over other parameters; the parameter is active only where it is true. */
  readonly when?: string;
}

export interface FloatParameter extends Described {
  readonly kind: "float";
  readonly low: number;
  readonly high: number;
  readonly scale: "linear" | "log";
  /** Values are low + k * step. Only with a linear scale. */
  readonly step?: number;
  readonly default: number;
}

export interface IntParameter extends Described {
  readonly kind: "int";
  readonly low: number;
  readonly high: number;
  readonly scale: "linear" | "log";
  /** Values are low + k * step; 1 where not given. */
  readonly step?: number;
  /** Values are the powers of this base within [low, high], for example 2. Excludes `step`. */
  readonly powersOf?: number;
  readonly default: number;
}

export interface CategoricalParameter extends Described {
  readonly kind: "categorical";
  readonly choices: readonly ParameterValue[];
  readonly default: ParameterValue;
}

export interface BooleanParameter extends Described {
  readonly kind: "boolean";
  readonly default: boolean;
}

export type Parameter = FloatParameter | IntParameter | CategoricalParameter | BooleanParameter;

/** A formula over parameters that both sides see next to them, for example `model_dim`. */
export interface DerivedQuantity {
  readonly name: string;
  readonly formula: string;
  readonly description?: string;
  readonly unit?: string;
}

/** What a study file declares; `SearchSpace.from` turns it into a usable space or says what is wrong. */
export interface SpaceDefinition {
  readonly parameters: readonly Parameter[];
  /** Expressions that must hold, for example `head_dim <= width`. */
  readonly constraints: readonly string[];
  readonly derived: readonly DerivedQuantity[];
}

/**
 * A configuration as coordinates. `numeric` has one entry in [0, 1] for each float and int parameter in
 * declared order (log-transformed where the scale is log); `categorical` has one choice index for each
 * categorical and boolean parameter in declared order (boolean: 0 = false, 1 = true). Inactive parameters
 * stand at their default, so that every point has the same shape.
 */
export interface EncodedPoint {
  readonly numeric: readonly number[];
  readonly categorical: readonly number[];
}

/** One numeric coordinate of the encoding. */
export interface NumericAxis {
  readonly name: string;
  /**
   * Ascending encoded positions in [0, 1] of the values a discrete parameter can take, each in the middle of its
   * cell: the outermost stand half the distance to their neighbour inside, so that a uniform draw gives all values
   * of a linear range or of powers the same share. Absent for continuous parameters and for those with more than
   * 1,024 values, which are rounded instead.
   */
  readonly grid?: readonly number[];
}

/** One categorical coordinate of the encoding. */
export interface CategoricalAxis {
  readonly name: string;
  readonly choices: readonly ParameterValue[];
}

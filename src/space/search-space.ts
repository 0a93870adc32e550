import { AgentTuneError } from "../errors.js";
import type { RandomStream } from "../math/random.js";
import { checkDefinition } from "./definition-check.js";
import { type DefinitionProblem, definitionError } from "./definition-problem.js";
import { dependencyOrder } from "./dependency-order.js";
import { type Expression, parseExpression } from "./expression/index.js";
import { formatNumber } from "./format-value.js";
import { didYouMean, nearestName } from "./nearest-name.js";
import { numericDomain } from "./numeric-domain.js";
import type {
  CategoricalAxis,
  Configuration,
  DerivedQuantity,
  EncodedPoint,
  NumericAxis,
  Parameter,
  ParameterValue,
  SpaceDefinition,
} from "./parameter.js";
import { Repair } from "./repair.js";
import { countConfigurations } from "./space-size.js";
import { type ValueDomain, valueDomains } from "./value-domain.js";

/** One thing that is wrong with a configuration. */
export interface ConfigurationProblem {
  /** Parameter or constraint. */
  readonly subject: string;
  readonly message: string;
}

export type ReadResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

type Values = Record<string, ParameterValue>;

/** Uniform draws that `sample` makes before it repairs one instead: nearly all spaces need fewer. */
const RESAMPLES = 64;

/**
 * What can be done with the parameters, constraints and derived quantities of a study.
 *
 * Everything that leaves it is canonical. Floats are rounded to twelve significant digits (where a range has
 * negative values: to twelve digits of its larger bound), so that the value that is shown, run, told and stored
 * is the same double, and the decimal text of it, `String(value)`, reads back as that double.
 */
export class SearchSpace {
  readonly definition: SpaceDefinition;
  readonly parameters: readonly Parameter[];
  readonly constraints: readonly string[];
  readonly derived: readonly DerivedQuantity[];
  readonly numericAxes: readonly NumericAxis[];
  readonly categoricalAxes: readonly CategoricalAxis[];

  private readonly domains: readonly ValueDomain[];
  private readonly domainOf: ReadonlyMap<string, ValueDomain>;
  private readonly conditions: ReadonlyMap<string, Expression>;
  /** Positions in `domains`, each after those that its condition refers to. */
  private readonly activityOrder: readonly number[];
  private readonly parsedConstraints: readonly Expression[];
  /** In an order in which each comes after those that it uses. */
  private readonly parsedDerived: readonly (Expression & { readonly name: string })[];
  private readonly constraintsUseDerived: boolean;
  private readonly keyParts: readonly string[];
  private readonly defaultConfiguration: Configuration;
  /** Made when first needed: most spaces have no constraints. */
  private repairer: Repair | undefined;

  private constructor(definition: SpaceDefinition) {
    const { constraints, derived } = definition;
    const parameters = definition.parameters.map(withCanonicalDefault);
    this.definition = definition;
    this.parameters = parameters;
    this.constraints = constraints;
    this.derived = derived;
    this.domains = valueDomains(parameters);
    this.domainOf = new Map(this.domains.map((domain) => [domain.parameter.name, domain]));
    this.numericAxes = this.domains.flatMap((domain) =>
      domain.kind === "numeric"
        ? [{ name: domain.parameter.name, ...(domain.domain.grid === undefined ? {} : { grid: domain.domain.grid }) }]
        : [],
    );
    this.categoricalAxes = this.domains.flatMap((domain) =>
      domain.kind === "categorical" ? [{ name: domain.parameter.name, choices: domain.choices }] : [],
    );
    this.conditions = new Map(
      parameters.flatMap(({ name, when }) => (when === undefined ? [] : [[name, parseExpression(when)] as const])),
    );
    const positions = new Map(parameters.map(({ name }, k) => [name, k]));
    this.activityOrder = orderOf(
      parameters.map(({ name }) => name),
      (name) => this.conditions.get(name)?.names ?? [],
    ).map((name) => positions.get(name) ?? 0);
    this.parsedConstraints = constraints.map(parseExpression);
    const formulas = new Map(derived.map(({ name, formula }) => [name, parseExpression(formula)]));
    this.parsedDerived = orderOf([...formulas.keys()], (name) => formulas.get(name)?.names ?? []).flatMap((name) => {
      const formula = formulas.get(name);
      return formula === undefined ? [] : [{ ...formula, name }];
    });
    this.constraintsUseDerived = this.parsedConstraints.some(({ names }) => names.some((name) => formulas.has(name)));
    this.keyParts = parameters.map(({ name }) => `${JSON.stringify(name)}:`);
    this.defaultConfiguration = Object.freeze(this.settle((domain) => domain.default));
  }

  /** @throws AgentTuneError `space_invalid` or `expression_invalid` with everything that is wrong */
  static from(definition: SpaceDefinition): SearchSpace {
    const problems = checkDefinition(definition);
    if (problems.length > 0) throw definitionError(problems);
    const space = new SearchSpace(definition);
    const broken = space.problemsOfDefaults();
    if (broken.length > 0) throw definitionError(broken);
    return space;
  }

  /** Everything that is wrong with a definition, with its place in a study file; empty where `from` accepts it. */
  static check(definition: SpaceDefinition): readonly DefinitionProblem[] {
    const problems = checkDefinition(definition);
    return problems.length > 0 ? problems : new SearchSpace(definition).problemsOfDefaults();
  }

  /** @throws AgentTuneError `configuration_invalid` when unknown */
  parameter(name: string): Parameter {
    return this.requireDomain(name).parameter;
  }

  /** The declared defaults as a canonical configuration. */
  defaults(): Configuration {
    return this.defaultConfiguration;
  }

  /**
   * Reads values from outside (an advisor, a file, a user) strictly: unknown or missing active parameters, wrong
   * types, values out of range, non-integers, unknown choices, broken constraints are problems. Numbers that lie
   * within float error of a grid value, or that are off-grid but inside the range for a stepped / powers-of
   * parameter, are snapped to the nearest value (log-nearest on a log scale). Values of inactive parameters are
   * dropped silently. Numeric strings are a problem, not a number.
   */
  read(values: Readonly<Record<string, unknown>>): ReadResult {
    const problems: ConfigurationProblem[] = [];
    for (const name of Object.keys(values)) {
      if (this.domainOf.has(name)) continue;
      const near = didYouMean(name, this.domainOf.keys());
      problems.push({ subject: name, message: `is not a parameter of this study${near}` });
    }
    const unread = new Set<string>();
    const active: Values = {};
    for (const position of this.activityOrder) {
      const domain = this.domains[position]!;
      const { name } = domain.parameter;
      const condition = this.conditions.get(name);
      // Where a parameter that decides about this one could not be read, nothing can be said about this one.
      if (condition?.names.some((other) => unread.has(other))) {
        unread.add(name);
        continue;
      }
      if (condition !== undefined && condition.evaluate(active) !== true) continue;
      const given = Object.hasOwn(values, name) ? values[name] : undefined;
      const reading =
        given === undefined ? ({ ok: false, message: missingMessage(domain) } as const) : domain.read(given);
      if (reading.ok) active[name] = reading.value;
      else {
        unread.add(name);
        problems.push({ subject: name, message: reading.message });
      }
    }
    if (problems.length > 0) return { ok: false, problems };
    const configuration = this.inOrder(active);
    for (const constraint of this.brokenConstraints(configuration)) {
      problems.push({ subject: constraint, message: this.brokenMessage(constraint, configuration) });
    }
    return problems.length > 0 ? { ok: false, problems } : { ok: true, configuration };
  }

  /** Expressions among `constraints` that do not hold. One that depends on an inactive parameter holds. */
  brokenConstraints(configuration: Configuration): readonly string[] {
    if (this.parsedConstraints.length === 0) return [];
    const values = this.constraintsUseDerived ? this.withDerived(configuration) : configuration;
    const broken: string[] = [];
    for (const constraint of this.parsedConstraints) {
      if (constraint.evaluate(values) === false) broken.push(constraint.text);
    }
    return broken;
  }

  /** @throws AgentTuneError `configuration_invalid` when unknown */
  isActive(name: string, configuration: Configuration): boolean {
    this.requireDomain(name);
    const condition = this.conditions.get(name);
    return condition === undefined || condition.evaluate(configuration) === true;
  }

  /**
   * The nearest configuration (in encoded distance, deterministic) that satisfies every constraint, or undefined
   * where a bounded search finds none. A configuration that satisfies them already is returned unchanged.
   */
  repair(configuration: Configuration): Configuration | undefined {
    if (this.brokenConstraints(configuration).length === 0) return configuration;
    this.repairer ??= this.makeRepair();
    const start: Values = {};
    for (const domain of this.domains) {
      const { name } = domain.parameter;
      start[name] = configuration[name] ?? domain.default;
    }
    const repaired = this.repairer.nearest(start);
    return repaired === undefined ? undefined : this.activePart(repaired);
  }

  /** Canonical key: equal configurations have equal keys, whatever the order of insertion. */
  key(configuration: Configuration): string {
    let key = "";
    for (let k = 0; k < this.parameters.length; k++) {
      const value = configuration[this.parameters[k]!.name];
      if (value === undefined) continue;
      key += `${key === "" ? "" : ","}${this.keyParts[k]}${typeof value === "string" ? JSON.stringify(value) : value}`;
    }
    return `{${key}}`;
  }

  /** Values of the derived quantities; those that cannot be computed (inactive parameter, not finite) are absent. */
  derive(configuration: Configuration): Readonly<Record<string, number>> {
    if (this.derived.length === 0) return {};
    const values = this.withDerived(configuration);
    const result: Record<string, number> = {};
    for (const { name } of this.derived) {
      const value = Number(values[name]);
      if (Number.isFinite(value)) result[name] = value;
    }
    return result;
  }

  encode(configuration: Configuration): EncodedPoint {
    const numeric: number[] = new Array(this.numericAxes.length);
    const categorical: number[] = new Array(this.categoricalAxes.length);
    for (const domain of this.domains) {
      const value = configuration[domain.parameter.name];
      if (domain.kind === "numeric") {
        numeric[domain.axis] = typeof value === "number" ? domain.domain.encode(value) : domain.home;
      } else {
        categorical[domain.axis] = value === undefined ? domain.home : (domain.indices.get(value) ?? domain.home);
      }
    }
    return { numeric, categorical };
  }

  /** Nearest canonical configuration; does not check constraints. */
  decode(point: EncodedPoint): Configuration {
    if (point.numeric.length !== this.numericAxes.length || point.categorical.length !== this.categoricalAxes.length) {
      throw new AgentTuneError("internal", {
        message:
          `An encoded point has ${point.numeric.length} numeric and ${point.categorical.length} categorical ` +
          `coordinates; the search space has ${this.numericAxes.length} and ${this.categoricalAxes.length}.`,
      });
    }
    return this.settle((domain) => {
      if (domain.kind === "numeric") return domain.domain.decode(assertNumber(point.numeric[domain.axis], domain));
      const index = Math.round(assertNumber(point.categorical[domain.axis], domain));
      return domain.choices[Math.min(domain.choices.length - 1, Math.max(0, index))]!;
    });
  }

  /**
   * Native value of one numeric parameter at an encoded coordinate, snapped; coordinate clamped to [0, 1].
   *
   * @throws AgentTuneError `configuration_invalid` when there is no numeric parameter of that name
   */
  decodeNumeric(name: string, coordinate: number): number {
    const domain = this.requireDomain(name);
    if (domain.kind !== "numeric") {
      throw new AgentTuneError("configuration_invalid", { message: `The parameter '${name}' is not numeric.` });
    }
    return domain.domain.decode(assertNumber(coordinate, domain));
  }

  /** Uniform in encoded space, repaired or resampled until the constraints hold. */
  sample(random: RandomStream): Configuration {
    let drawn = this.draw(random);
    for (let k = 1; k < RESAMPLES && this.brokenConstraints(drawn).length > 0; k++) drawn = this.draw(random);
    // The defaults satisfy every constraint: that is checked when the space is made.
    return this.repair(drawn) ?? this.defaultConfiguration;
  }

  /** "0.003", "64", "1.2e-05", "relu": up to `digits` significant digits (default 3), integers in full. */
  format(name: string, value: ParameterValue, digits = 3): string {
    const { parameter } = this.requireDomain(name);
    return typeof value === "number" && parameter.kind === "float" ? formatNumber(value, digits) : String(value);
  }

  /** Number of distinct configurations where finite and countable, else Infinity (ignores constraints). */
  size(): number {
    const deciding = new Set([...this.conditions.values()].flatMap((condition) => condition.names));
    return countConfigurations(
      this.activityOrder.map((position) => {
        const domain = this.domains[position]!;
        const { name } = domain.parameter;
        const condition = this.conditions.get(name);
        return {
          name,
          count: domain.kind === "numeric" ? domain.domain.count : domain.choices.length,
          values: domain.kind === "numeric" ? domain.domain.values : domain.choices,
          decides: deciding.has(name),
          isActive: (values) => condition === undefined || condition.evaluate(values) === true,
        };
      }),
    );
  }

  private problemsOfDefaults(): readonly DefinitionProblem[] {
    const broken = new Set(this.brokenConstraints(this.defaultConfiguration));
    return this.constraints.flatMap((constraint, k): readonly DefinitionProblem[] =>
      broken.has(constraint)
        ? [
            {
              code: "space_invalid",
              path: ["constraints", k],
              subject: `constraint ${k + 1}`,
              message: `'${constraint}' ${this.brokenMessage(constraint, this.defaultConfiguration)}, the defaults.`,
              remedy: "The default configuration is trial 0: change a default so that it holds, or the constraint.",
            },
          ]
        : [],
    );
  }

  private requireDomain(name: string): ValueDomain {
    const domain = this.domainOf.get(name);
    if (domain !== undefined) return domain;
    const near = nearestName(name, this.domainOf.keys());
    throw new AgentTuneError("configuration_invalid", {
      message: `There is no parameter '${name}' in this study.`,
      remedy:
        near === undefined ? `The parameters are ${[...this.domainOf.keys()].join(", ")}.` : `Did you mean '${near}'?`,
    });
  }

  /** The canonical configuration of the given values: those of active parameters, in the declared order. */
  private settle(chosen: (domain: ValueDomain) => ParameterValue): Configuration {
    const values: Values = {};
    if (this.conditions.size === 0) {
      for (const domain of this.domains) values[domain.parameter.name] = chosen(domain);
      return values;
    }
    for (const position of this.activityOrder) {
      const domain = this.domains[position]!;
      const { name } = domain.parameter;
      const condition = this.conditions.get(name);
      if (condition === undefined || condition.evaluate(values) === true) values[name] = chosen(domain);
    }
    return this.inOrder(values);
  }

  /** The part of one value for every parameter that belongs to active ones. */
  private activePart(values: Configuration): Configuration {
    return this.settle((domain) => values[domain.parameter.name] ?? domain.default);
  }

  private makeRepair(): Repair {
    const withConditions = this.conditions.size > 0;
    return new Repair({
      domains: this.domains,
      constraints: this.parsedConstraints,
      derived: new Map(this.parsedDerived.map((formula) => [formula.name, formula])),
      conditions: this.conditions,
      visible: (values) => {
        const active = withConditions ? this.activePart(values) : values;
        return this.constraintsUseDerived ? this.withDerived(active) : active;
      },
    });
  }

  private inOrder(values: Configuration): Configuration {
    const ordered: Values = {};
    for (const { name } of this.parameters) {
      const value = values[name];
      if (value !== undefined) ordered[name] = value;
    }
    return ordered;
  }

  /** The values of a configuration and its derived quantities, those that are not finite included. */
  private withDerived(configuration: Configuration): Configuration {
    const values: Values = { ...configuration };
    for (const formula of this.parsedDerived) {
      const value = formula.evaluate(values);
      if (value !== undefined) values[formula.name] = value;
    }
    return values;
  }

  private draw(random: RandomStream): Configuration {
    const numeric = this.numericAxes.map(() => random.uniform());
    const categorical = this.categoricalAxes.map(({ choices }) => random.integer(choices.length));
    return this.decode({ numeric, categorical });
  }

  private brokenMessage(constraint: string, configuration: Configuration): string {
    const values = this.withDerived(configuration);
    const names = this.parsedConstraints.find(({ text }) => text === constraint)?.names ?? [];
    return `does not hold where ${names.map((name) => `${name} = ${values[name]}`).join(", ")}`;
  }
}

/** A default like 0.1 + 0.2 stands for 0.3, and is that everywhere from here on. */
function withCanonicalDefault(parameter: Parameter): Parameter {
  if (parameter.kind !== "float" && parameter.kind !== "int") return parameter;
  const canonical = numericDomain(parameter).snap(parameter.default);
  return canonical === parameter.default ? parameter : { ...parameter, default: canonical };
}

function missingMessage({ parameter }: ValueDomain): string {
  return parameter.when === undefined ? "is missing" : `is missing; it is needed where ${parameter.when}`;
}

function assertNumber(coordinate: number | undefined, { parameter }: ValueDomain): number {
  if (coordinate !== undefined && !Number.isNaN(coordinate)) return coordinate;
  throw new AgentTuneError("internal", { message: `The coordinate of '${parameter.name}' is not a number.` });
}

function orderOf(names: readonly string[], dependencies: (name: string) => readonly string[]): readonly string[] {
  const result = dependencyOrder(names, dependencies);
  if (result.ok) return result.order;
  throw new AgentTuneError("internal", { message: `Unchecked circle ${result.circle.join(" -> ")}.` });
}

import { didYouMean } from "./nearest-name.js";
import { type NumericDomain, numericDomain } from "./numeric-domain.js";
import type {
  BooleanParameter,
  CategoricalParameter,
  FloatParameter,
  IntParameter,
  Parameter,
  ParameterValue,
} from "./parameter.js";

/** Relative distance within which a number from outside is taken for the number that it was rounded from. */
const FLOAT_ERROR = 1e-9;

/** A canonical value, or what is wrong with what was given instead. */
export type ValueReading =
  | { readonly ok: true; readonly value: ParameterValue }
  | { readonly ok: false; readonly message: string };

interface OnAxis {
  /** Index in `numeric` or `categorical` of the encoding. */
  readonly axis: number;
  read(value: unknown): ValueReading;
}

/** A parameter with what is worked out once for it. */
export type ValueDomain =
  | (OnAxis & {
      readonly kind: "numeric";
      readonly parameter: FloatParameter | IntParameter;
      readonly domain: NumericDomain;
      readonly default: number;
      /** Coordinate of the default. */
      readonly home: number;
    })
  | (OnAxis & {
      readonly kind: "categorical";
      readonly parameter: CategoricalParameter | BooleanParameter;
      readonly choices: readonly ParameterValue[];
      readonly indices: ReadonlyMap<ParameterValue, number>;
      readonly default: ParameterValue;
      readonly home: number;
    });

/** The domains of checked parameters with canonical defaults, in their order. */
export function valueDomains(parameters: readonly Parameter[]): readonly ValueDomain[] {
  let numeric = 0;
  let categorical = 0;
  return parameters.map((parameter): ValueDomain => {
    if (parameter.kind === "float" || parameter.kind === "int") {
      const domain = numericDomain(parameter);
      const home = domain.encode(parameter.default);
      return {
        kind: "numeric",
        parameter,
        axis: numeric++,
        domain,
        default: parameter.default,
        home,
        read: (value) => readNumber(value, parameter, domain),
      };
    }
    const choices = parameter.kind === "boolean" ? [false, true] : parameter.choices;
    const indices = new Map(choices.map((choice, k) => [choice, k]));
    return {
      kind: "categorical",
      parameter,
      axis: categorical++,
      choices,
      indices,
      default: parameter.default,
      home: indices.get(parameter.default) ?? 0,
      read: (value) => readChoice(value, choices),
    };
  });
}

function readNumber(value: unknown, parameter: FloatParameter | IntParameter, domain: NumericDomain): ValueReading {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return refuse(`must be ${parameter.kind === "int" ? "a whole number" : "a number"}`, value);
  }
  const whole = parameter.kind === "int" ? wholeNumber(value) : value;
  if (whole === undefined) return refuse("must be a whole number", value);
  const { low, high } = parameter;
  const scaled = parameter.scale === "linear" ? (high - low) * FLOAT_ERROR * FLOAT_ERROR : 0;
  const inside =
    whole >= low - Math.abs(low) * FLOAT_ERROR - scaled && whole <= high + Math.abs(high) * FLOAT_ERROR + scaled;
  return inside ? { ok: true, value: domain.snap(whole) } : refuse(`must lie between ${low} and ${high}`, value);
}

function wholeNumber(value: number): number | undefined {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) <= FLOAT_ERROR * Math.max(1, Math.abs(value)) ? nearest : undefined;
}

function readChoice(value: unknown, choices: readonly ParameterValue[]): ValueReading {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return { ok: true, value: chosen };
  const near =
    typeof value === "string"
      ? didYouMean(
          value,
          choices.map((choice) => String(choice)),
        )
      : "";
  return refuse(`must be ${oneOf(choices)}`, value, near);
}

function refuse(rule: string, value: unknown, addition = ""): ValueReading {
  return { ok: false, message: `${rule}, not ${quote(value)}${addition}` };
}

function oneOf(choices: readonly ParameterValue[]): string {
  return choices.length === 1 ? quote(choices[0]) : `one of ${choices.map(quote).join(", ")}`;
}

/** A value as JSON, cut to a readable length; what JSON does not know by its type. */
function quote(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

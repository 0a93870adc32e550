import type { Parameter, ParameterValue } from "../../../src/space/index.js";

/** How one parameter is suggested by Optuna: the arguments of `suggest_float`, `suggest_int`, `suggest_categorical`. */
export type OptunaParameter =
  | {
      readonly name: string;
      readonly kind: "float" | "int";
      readonly low: number;
      readonly high: number;
      readonly log: boolean;
      readonly step?: number;
    }
  | { readonly name: string; readonly kind: "categorical"; readonly choices: readonly ParameterValue[] };

/** Both directions between a value of ours and what Optuna is shown. */
export interface OptunaTranslation {
  readonly parameter: OptunaParameter;
  toOptuna(value: ParameterValue): ParameterValue;
  fromOptuna(value: ParameterValue): ParameterValue;
}

const unchanged = (value: ParameterValue): ParameterValue => value;

/**
 * Powers are suggested as whole exponents: an order and even spacing that categories would not have. A whole number
 * on a log scale keeps that scale; Optuna allows no step with it. Everything else is what it is.
 */
export function optunaTranslation(parameter: Parameter): OptunaTranslation {
  const { name } = parameter;
  if (parameter.kind === "categorical" || parameter.kind === "boolean") {
    const choices = parameter.kind === "boolean" ? [false, true] : parameter.choices;
    return { parameter: { name, kind: "categorical", choices }, toOptuna: unchanged, fromOptuna: unchanged };
  }
  if (parameter.kind === "int" && parameter.powersOf !== undefined) {
    const base = parameter.powersOf;
    const exponent = (value: number) => Math.round(Math.log(value) / Math.log(base));
    // The powers within the range, which need not be powers themselves.
    const low = Math.ceil(Math.log(parameter.low) / Math.log(base) - 1e-9);
    const high = Math.floor(Math.log(parameter.high) / Math.log(base) + 1e-9);
    return {
      parameter: { name, kind: "int", low, high, log: false },
      toOptuna: (value) => exponent(Number(value)),
      fromOptuna: (value) => base ** Number(value),
    };
  }
  const log = parameter.scale === "log";
  const step = log ? undefined : parameter.step;
  const { low } = parameter;
  // Optuna refuses a range that is no multiple of its step.
  const high = step === undefined ? parameter.high : low + step * Math.floor((parameter.high - low) / step + 1e-9);
  return {
    parameter: { name, kind: parameter.kind, low, high, log, ...(step !== undefined && { step }) },
    toOptuna: unchanged,
    fromOptuna: unchanged,
  };
}

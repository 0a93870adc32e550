import { z } from "zod";
import { countValues, type NumericRange, numericDomain } from "./numeric-domain.js";
import type { DerivedQuantity, Parameter, SpaceDefinition } from "./parameter.js";

/*
 * The search space as a study file writes it. Every key describes itself, so that the JSON schema made of this
 * (`z.toJSONSchema`) is the reference. Only the form is checked here; whether the values make sense together is
 * checked in definition-check.ts, where all problems are found at once.
 */

const described = {
  description: z.string().optional().describe("What the parameter means, for people and for the advisor."),
  unit: z.string().optional().describe('Unit of the values, for example "tokens" or "1/step".'),
  when: z
    .string()
    .optional()
    .describe(
      "Expression over other parameters, for example \"optimizer == 'sgd'\". The parameter exists only where it is true.",
    ),
};

const scale = z
  .enum(["linear", "log"])
  .optional()
  .describe("log where factors matter rather than differences, as for learning rates. Default: linear.");

const floatFields = z
  .strictObject({
    type: z.literal("float").describe("A real number."),
    low: z.number().describe("Smallest value."),
    high: z.number().describe("Largest value."),
    scale,
    step: z.number().optional().describe("Only low, low + step, low + 2 step, ... are possible. Needs a linear scale."),
    default: z
      .number()
      .optional()
      .describe(
        "Value of the configuration in use now, which is trial 0. Default: the middle of the range on its scale.",
      ),
    ...described,
  })
  .meta({ title: "Float parameter" });

const intFields = z
  .strictObject({
    type: z.literal("int").describe("A whole number."),
    low: z.number().describe("Smallest value."),
    high: z.number().describe("Largest value."),
    scale,
    step: z.number().optional().describe("Only low, low + step, low + 2 step, ... are possible. Default: 1."),
    powers_of: z
      .number()
      .optional()
      .describe("Only powers of this number are possible, for example 2 for 16, 32, 64. Excludes step."),
    default: z
      .number()
      .optional()
      .describe(
        "Value of the configuration in use now, which is trial 0. Default: the possible value nearest to the middle of the range on its scale.",
      ),
    ...described,
  })
  .meta({ title: "Int parameter" });

const choice = z.union([z.string(), z.number(), z.boolean()]);

const categoricalFields = z
  .strictObject({
    type: z.literal("categorical").describe("One of a list of choices without an order."),
    choices: z.array(choice).describe("The possible values: texts, numbers or true and false."),
    default: choice
      .optional()
      .describe("Choice of the configuration in use now, which is trial 0. Default: the first choice."),
    ...described,
  })
  .meta({ title: "Categorical parameter" });

const booleanFields = z
  .strictObject({
    type: z.literal("boolean").describe("true or false."),
    default: z
      .boolean()
      .optional()
      .describe("Value of the configuration in use now, which is trial 0. Default: false."),
    ...described,
  })
  .meta({ title: "Boolean parameter" });

/** One parameter, without its name. */
export const parameterSchema = z.discriminatedUnion("type", [floatFields, intFields, categoricalFields, booleanFields]);

/** One derived quantity, without its name. */
export const derivedSchema = z.union([
  z.string().describe("The formula."),
  z
    .strictObject({
      formula: z.string().describe("Expression over parameters and other derived quantities."),
      unit: z.string().optional().describe("Unit of the result."),
      description: z.string().optional().describe("What the quantity means, for people and for the advisor."),
    })
    .meta({ title: "Derived quantity" }),
]);

/** The keys of a study file that make up its search space, to be spread into the schema of the whole file. */
export const spaceFields = {
  parameters: z
    .record(z.string(), parameterSchema)
    .describe("What is tuned: one entry for each parameter, by its name. Order counts only for display."),
  constraints: z
    .array(z.string())
    .optional()
    .describe('Expressions that every configuration satisfies, for example "head_dim <= width".'),
  derived: z
    .record(z.string(), derivedSchema)
    .optional()
    .describe(
      'Quantities computed from parameters, shown and learned from like them, for example "tokens_per_step: batch_size * context".',
    ),
};

/** The search space part of a study file, on its own. */
export const spaceSchema = z.strictObject(spaceFields);
export type SpaceFields = z.infer<typeof spaceSchema>;
export type ParameterFields = z.infer<typeof parameterSchema>;

/** The definition that a parsed study file stands for, with defaults filled in. Not checked for sense. */
export function definitionFromFields(fields: SpaceFields): SpaceDefinition {
  return {
    parameters: Object.entries(fields.parameters).map(([name, parameter]) => toParameter(name, parameter)),
    constraints: fields.constraints ?? [],
    derived: Object.entries(fields.derived ?? {}).map(([name, derived]) => toDerived(name, derived)),
  };
}

function toParameter(name: string, fields: ParameterFields): Parameter {
  const common = {
    name,
    ...(fields.description === undefined ? {} : { description: fields.description }),
    ...(fields.unit === undefined ? {} : { unit: fields.unit }),
    ...(fields.when === undefined ? {} : { when: fields.when }),
  };
  switch (fields.type) {
    case "float": {
      const { low, high, scale = "linear", step } = fields;
      const range = { kind: "float" as const, low, high, scale, ...(step === undefined ? {} : { step }) };
      return { ...common, ...range, default: fields.default ?? middle(range) };
    }
    case "int": {
      const { low, high, step, powers_of: powersOf } = fields;
      const range = {
        kind: "int" as const,
        low,
        high,
        scale: fields.scale ?? (powersOf === undefined ? "linear" : "log"),
        ...(step === undefined ? {} : { step }),
        ...(powersOf === undefined ? {} : { powersOf }),
      };
      return { ...common, ...range, default: fields.default ?? middle(range) };
    }
    case "categorical":
      // An empty list of choices is reported by the check of the definition, which needs some default until then.
      return {
        ...common,
        kind: "categorical",
        choices: fields.choices,
        default: fields.default ?? fields.choices[0] ?? "",
      };
    case "boolean":
      return { ...common, kind: "boolean", default: fields.default ?? false };
  }
}

function toDerived(name: string, derived: z.infer<typeof derivedSchema>): DerivedQuantity {
  if (typeof derived === "string") return { name, formula: derived };
  const { formula, unit, description } = derived;
  return {
    name,
    formula,
    ...(unit === undefined ? {} : { unit }),
    ...(description === undefined ? {} : { description }),
  };
}

/**
 * Middle of a range on its scale, the lower of two possible values where it lies between them. A range with
 * something wrong gets its low end; what is wrong is said elsewhere.
 */
function middle(range: NumericRange): number {
  const { low, high, scale } = range;
  const base = range.kind === "int" ? range.powersOf : undefined;
  const log = scale === "log" && base === undefined;
  const sound = low < high && Number.isFinite(high) && !(log && low <= 0) && (range.step ?? 1) > 0 && (base ?? 2) >= 2;
  const count = sound ? countValues(range) : 0;
  if (count < 2) return low;
  const domain = numericDomain(range);
  if (log) return domain.snap(Math.sqrt(low) * Math.sqrt(high));
  if (count === Number.POSITIVE_INFINITY) return domain.snap(low + (high - low) / 2);
  const index = Math.floor((count - 1) / 2);
  return domain.values?.[index] ?? domain.snap(low + index * (range.step ?? 1));
}

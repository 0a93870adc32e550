import { z } from "zod";
import { Predictions } from "../centaur/predictions.js";
import { AgentTuneError } from "../errors.js";
import { fromLoss } from "../evidence/index.js";
import { deriveSeed } from "../math/random.js";
import type { Configuration, Parameter, ParameterValue } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import type { StudyReading } from "./summary.js";
import { evidenceOf } from "./version-evidence.js";

const interval = z.object({ low: z.number(), high: z.number() });

/** What the models of a study expect of one configuration, for programs; values in the user's units. */
export const predictionSchema = z.object({
  schema: z.literal("agent-tune/prediction/1"),
  study: z.string(),
  metric: z.string(),
  configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  from: z
    .union([z.literal("default"), z.number().int()])
    .describe("Where values that were not given come from: the default, or the trial that is the best so far."),
  value: z
    .object({
      mean: z.number().describe("Expected value of one new trial."),
      trial: interval.describe("Central 80 % interval of one new trial, noise included."),
      expected: interval.describe("Central 80 % interval of what many trials would average to."),
      support: z.enum(["near", "far"]).describe("far: the trials say little here, whatever the intervals look like."),
      beyond: z.array(z.string()).describe("Parameters whose value lies beyond everything tried."),
    })
    .nullable()
    .describe("null with fewer than six distinct configurations that completed."),
  calibration: z.object({
    verdict: z
      .enum(["too little data", "not calibrated yet", "calibrated"])
      .describe("Whether intervals held what they promise on trials that the model had not seen."),
    coverage: z.number().nullable().describe("Share of those trials inside their 80 % interval."),
    configurations: z.number().int().describe("Configurations it was checked on."),
  }),
  failure: z
    .object({ probability: z.number(), nearest: z.array(z.number().int()).describe("Failed trials most like it.") })
    .nullable()
    .describe("null while nothing has failed by its configuration."),
});
export type ConfigurationPrediction = z.infer<typeof predictionSchema>;

/**
 * What the models that both sides of the hybrid consult expect of a configuration.
 *
 * @param given values as text, by parameter; what is not given is taken from the best so far, else from the default
 * @throws AgentTuneError `usage` for values that are not of the search space
 */
export function predictConfiguration(
  reading: StudyReading,
  given: Readonly<Record<string, string>>,
): ConfigurationPrediction {
  const { settings, record } = reading;
  const evidence = evidenceOf(reading);
  const { space } = evidence;
  const { objective } = settings;
  const base = evidence.incumbent?.group.first;
  const configuration = configurationFrom(space, base?.proposal.configuration ?? {}, given);
  const predictions = new Predictions(evidence, deriveSeed(settings.seed, "predictions"));
  const surrogate = predictions.surrogate();
  const expected = surrogate?.predict(configuration);
  const between = (low: number, high: number): { low: number; high: number } => {
    const [a, b] = [fromLoss(objective, low), fromLoss(objective, high)];
    return { low: Math.min(a, b), high: Math.max(a, b) };
  };
  const check = surrogate?.heldOut();
  const risk = predictions.feasibility();
  return {
    schema: "agent-tune/prediction/1",
    study: record.id,
    metric: objective.metric,
    configuration,
    from: base?.number ?? "default",
    value:
      expected === undefined
        ? null
        : {
            mean: fromLoss(objective, expected.mean),
            trial: between(expected.low, expected.high),
            expected: between(expected.trueLow, expected.trueHigh),
            support: expected.support,
            beyond: [...expected.beyond],
          },
    calibration: {
      verdict: predictions.calibration,
      coverage: check?.coverage ?? null,
      configurations: check?.points.length ?? 0,
    },
    failure:
      risk === undefined
        ? null
        : {
            probability: risk.probability(configuration),
            nearest: risk.nearestFailures(configuration).map(({ number }) => number),
          },
  };
}

function configurationFrom(
  space: SearchSpace,
  base: Configuration,
  given: Readonly<Record<string, string>>,
): Configuration {
  const values: Record<string, unknown> = {};
  for (const parameter of space.parameters) values[parameter.name] = base[parameter.name] ?? parameter.default;
  for (const [name, text] of Object.entries(given)) {
    const parameter = space.parameters.find((each) => each.name === name);
    values[name] = parameter === undefined ? text : valueFromText(parameter, text);
  }
  const read = space.read(values);
  if (read.ok) return read.configuration;
  throw new AgentTuneError("usage", {
    message: read.problems.map(({ subject, message }) => `${subject}: ${message}`).join("\n"),
    where: "the configuration to predict",
    remedy: "Give values of this study's search space as name=value.",
  });
}

/** The value that a text stands for; the text itself where it stands for none, for the space to refuse. */
function valueFromText(parameter: Parameter, text: string): ParameterValue {
  switch (parameter.kind) {
    case "float":
    case "int":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return text === "true" || text === "false" ? text === "true" : text;
    case "categorical":
      return parameter.choices.find((choice) => String(choice) === text) ?? text;
  }
}

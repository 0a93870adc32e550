import {
  type Configuration,
  definitionFromFields,
  type ParameterValue,
  SearchSpace,
  type SpaceFields,
} from "../../src/space/index.js";
import { findData, readVerified } from "./data-folder.js";
import { knownValues } from "./known-values.js";
import { OnnxGraph } from "./onnx/graph.js";
import { tensor } from "./onnx/tensor.js";
import { type DataSource, lcbenchModel, rpartModel } from "./sources.js";
import { type SkippedTask, type Task, type TaskEntry, trialBudget } from "./task.js";

/*
 * Surrogates of YAHPO Gym (Pfisterer et al. 2022, arXiv 2109.03670), version 1.0: networks that predict what a
 * configuration would have reached on one data set. Deterministic.
 */

interface Scenario {
  readonly name: string;
  readonly model: DataSource;
  readonly space: SpaceFields;
  /** Data sets, each with its index in the model's embedding. */
  readonly instances: Readonly<Record<string, number>>;
  /** The model's first input without the instance: indices of choices, in the model's order. */
  categorical(instance: number, configuration: Configuration): readonly number[];
  /** The model's second input: untransformed values in the model's order, at full fidelity. */
  continuous(configuration: Configuration): readonly number[];
  /** The value to minimise, and the duration, of the model's output. */
  value(outputs: ArrayLike<number>): number;
  cost(outputs: ArrayLike<number>): number;
}

const numberOf = (value: ParameterValue | undefined): number => Number(value);

/** Networks of Auto-PyTorch on tables (Zimmer et al. 2021), 52 epochs: validation error in percent. */
const lcbench: Scenario = {
  name: "lcbench",
  model: lcbenchModel,
  space: {
    parameters: {
      batch_size: { type: "int", low: 16, high: 512, scale: "log", default: 91 },
      learning_rate: { type: "float", low: 1e-4, high: 1e-1, scale: "log", default: 0.0031622777 },
      momentum: { type: "float", low: 0.1, high: 0.99, default: 0.545 },
      weight_decay: { type: "float", low: 1e-5, high: 1e-1, default: 0.050005 },
      num_layers: { type: "int", low: 1, high: 5, default: 3 },
      max_units: { type: "int", low: 64, high: 1024, scale: "log", default: 256 },
      max_dropout: { type: "float", low: 0, high: 1, default: 0.5 },
    },
  },
  instances: {
    "3945": 34,
    "7593": 35,
    "34539": 33,
    "126026": 2,
    "146212": 4,
    "167152": 8,
    "167168": 10,
    "167185": 13,
    "168330": 18,
    "189873": 28,
    "189906": 30,
    "189909": 32,
  },
  categorical: (instance) => [instance],
  continuous: (configuration) => [
    52,
    ...["batch_size", "learning_rate", "momentum", "weight_decay", "num_layers", "max_units", "max_dropout"].map(
      (name) => numberOf(configuration[name]),
    ),
  ],
  value: (outputs) => 100 - (outputs[1] ?? Number.NaN),
  cost: (outputs) => outputs[0] ?? Number.NaN,
};

const imputations: readonly ParameterValue[] = ["impute.hist", "impute.mean", "impute.median"];

/** Decision trees of rpart (Binder, Pfisterer and Bischl 2020), whole training set: log loss. */
const rpart: Scenario = {
  name: "rbv2_rpart",
  model: rpartModel,
  space: {
    parameters: {
      cp: { type: "float", low: 0.0009118819655545162, high: 1, scale: "log", default: 0.01 },
      maxdepth: { type: "int", low: 1, high: 30, default: 30 },
      minbucket: { type: "int", low: 1, high: 100, default: 1 },
      minsplit: { type: "int", low: 1, high: 100, default: 20 },
      imputation: {
        type: "categorical",
        choices: ["impute.mean", "impute.median", "impute.hist"],
        default: "impute.mean",
      },
    },
  },
  instances: { "12": 11, "14": 13, "32": 55, "46": 109, "1053": 4, "1462": 16, "1501": 32, "40499": 63, "41163": 93 },
  categorical: (instance, configuration) => [
    instance,
    1 + imputations.indexOf(configuration["imputation"] ?? "impute.mean"),
  ],
  continuous: (configuration) => [
    ...["cp", "maxdepth", "minbucket", "minsplit"].map((name) => numberOf(configuration[name])),
    1,
    10,
  ],
  value: (outputs) => outputs[5] ?? Number.NaN,
  cost: (outputs) => outputs[6] ?? Number.NaN,
};

/** Parsed once: all instances of a scenario share one model. */
const graphs = new Map<string, OnnxGraph>();

function graphOf({ model }: Scenario, file: string): OnnxGraph {
  let graph = graphs.get(file);
  if (graph === undefined) {
    graph = OnnxGraph.parse(readVerified(file, model.sha256));
    graphs.set(file, graph);
  }
  return graph;
}

function makeTask(name: string, scenario: Scenario, instance: number, file: string): Task {
  const space = SearchSpace.from(definitionFromFields(scenario.space));
  const graph = graphOf(scenario, file);
  // A configuration is evaluated, then its true value is asked for.
  const predictions = new WeakMap<Configuration, ArrayLike<number>>();
  const predict = (configuration: Configuration): ArrayLike<number> => {
    const known = predictions.get(configuration);
    if (known !== undefined) return known;
    const categorical = Float32Array.from(scenario.categorical(instance, configuration));
    const continuous = Float32Array.from(scenario.continuous(configuration));
    const { data } = graph.run({
      x_cat: tensor([1, categorical.length], categorical, true),
      x_cont: tensor([1, continuous.length], continuous),
    });
    predictions.set(configuration, data);
    return data;
  };
  return {
    name,
    space,
    start: space.defaults(),
    trials: trialBudget(space.parameters.length),
    evaluate(configuration) {
      const outputs = predict(configuration);
      const cost = scenario.cost(outputs);
      return {
        evaluation: { kind: "value", value: scenario.value(outputs) },
        // A surrogate of a duration may be slightly negative.
        measured: cost > 0 ? { cost } : {},
      };
    },
    trueValue: (configuration) => scenario.value(predict(configuration)),
    get known() {
      return knownValues(name);
    },
  };
}

/** Surrogate tasks for which the model is at hand, and the others with the reason. */
export function yahpoTasks(env: NodeJS.ProcessEnv): { tasks: readonly TaskEntry[]; skipped: readonly SkippedTask[] } {
  const tasks: TaskEntry[] = [];
  const skipped: SkippedTask[] = [];
  for (const scenario of [lcbench, rpart]) {
    const file = findData(scenario.model.path, env);
    for (const [dataSet, instance] of Object.entries(scenario.instances)) {
      const name = `${scenario.name}/${dataSet}`;
      if (file === undefined) skipped.push({ name, reason: `${scenario.model.path} is not at hand` });
      else tasks.push({ name, load: () => makeTask(name, scenario, instance, file) });
    }
  }
  return { tasks, skipped };
}

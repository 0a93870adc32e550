import {
  type Configuration,
  definitionFromFields,
  type ParameterValue,
  SearchSpace,
  type SpaceFields,
} from "../../src/space/index.js";
import { findData, readVerified } from "./data-folder.js";
import { knownOptimum, knownValues } from "./known-values.js";
import { OnnxGraph } from "./onnx/graph.js";
import { tensor } from "./onnx/tensor.js";
import { lcbenchModel, rpartModel, type ServedSource } from "./sources.js";
import { type SkippedTask, type Task, type TaskCard, type TaskEntry, trialBudget } from "./task.js";

/*
 * Surrogates of YAHPO Gym (Pfisterer et al. 2022, arXiv 2109.03670), version 1.0: networks that predict what a
 * configuration would have reached on one data set. Deterministic.
 */

interface Instance {
  /** In the model's embedding. */
  readonly index: number;
  /** Name of the data set at OpenML. */
  readonly title: string;
}

interface Scenario {
  readonly name: string;
  readonly model: ServedSource;
  readonly space: SpaceFields;
  /** By their OpenML identifier. */
  readonly instances: Readonly<Record<string, Instance>>;
  /** What is trained and measured on the data set of that name. */
  card(title: string): TaskCard;
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
      batch_size: {
        type: "int",
        low: 16,
        high: 512,
        scale: "log",
        default: 91,
        description: "Examples in one step.",
        unit: "examples",
      },
      learning_rate: {
        type: "float",
        low: 1e-4,
        high: 1e-1,
        scale: "log",
        default: 0.0031622777,
        description: "Learning rate at the start of training; it falls along a cosine.",
      },
      momentum: {
        type: "float",
        low: 0.1,
        high: 0.99,
        default: 0.545,
        description: "Momentum of stochastic gradient descent.",
      },
      weight_decay: {
        type: "float",
        low: 1e-5,
        high: 1e-1,
        default: 0.050005,
        description: "Strength of the L2 penalty on weights.",
      },
      num_layers: { type: "int", low: 1, high: 5, default: 3, description: "Number of hidden layers.", unit: "layers" },
      max_units: {
        type: "int",
        low: 64,
        high: 1024,
        scale: "log",
        default: 256,
        description: "Units of the first hidden layer; the width shrinks from there to the number of classes.",
        unit: "units",
      },
      max_dropout: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.5,
        description: "Largest dropout of a layer; it changes with the width of the layers.",
      },
    },
  },
  instances: {
    "3945": { index: 34, title: "KDDCup09_appetency" },
    "7593": { index: 35, title: "covertype" },
    "34539": { index: 33, title: "Amazon_employee_access" },
    "126026": { index: 2, title: "nomao" },
    "146212": { index: 4, title: "shuttle" },
    "167152": { index: 8, title: "mfeat-factors" },
    "167168": { index: 10, title: "vehicle" },
    "167185": { index: 13, title: "cnae-9" },
    "168330": { index: 18, title: "jannis" },
    "189873": { index: 28, title: "dionis" },
    "189906": { index: 30, title: "segment" },
    "189909": { index: 32, title: "jungle_chess_2pcs_raw_endgame_complete" },
  },
  card: (title) => ({
    text:
      `A fully connected network in the shape of a funnel is trained to classify the OpenML data set ${title}: ` +
      "stochastic gradient descent with momentum, a learning rate that falls along a cosine, 52 epochs. The value is the " +
      "classification error on held-out validation data, as a surrogate predicts it that was fitted to recorded runs; " +
      "it is the same each time.",
    metric: "validation error in percent",
    limits: {},
  }),
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
      cp: {
        type: "float",
        low: 0.0009118819655545162,
        high: 1,
        scale: "log",
        default: 0.01,
        description: "Complexity: a split has to improve the fit by this share to be kept.",
      },
      maxdepth: {
        type: "int",
        low: 1,
        high: 30,
        default: 30,
        description: "Largest depth of the tree.",
        unit: "levels",
      },
      minbucket: {
        type: "int",
        low: 1,
        high: 100,
        default: 1,
        description: "Fewest examples in a leaf.",
        unit: "examples",
      },
      minsplit: {
        type: "int",
        low: 1,
        high: 100,
        default: 20,
        description: "Fewest examples in a node that may be split.",
        unit: "examples",
      },
      imputation: {
        type: "categorical",
        choices: ["impute.mean", "impute.median", "impute.hist"],
        default: "impute.mean",
        description:
          "How missing values of a feature are filled in: its mean, its median, or draws from its histogram.",
      },
    },
  },
  instances: {
    "12": { index: 11, title: "mfeat-factors" },
    "14": { index: 13, title: "mfeat-fourier" },
    "32": { index: 55, title: "pendigits" },
    "46": { index: 109, title: "splice" },
    "1053": { index: 4, title: "jm1" },
    "1457": { index: 14, title: "amazon-commerce-reviews" },
    "1462": { index: 16, title: "banknote-authentication" },
    "1468": { index: 18, title: "cnae-9" },
    "1501": { index: 32, title: "semeion" },
    "40499": { index: 63, title: "texture" },
    "41163": { index: 93, title: "dilbert" },
  },
  card: (title) => ({
    text:
      `A decision tree (CART, the R package rpart) is trained to classify the OpenML data set ${title}. The value is the ` +
      "log loss on held-out data, estimated by resampling, as a surrogate predicts it that was fitted to recorded runs; " +
      "it is the same each time.",
    metric: "log loss",
    limits: {},
  }),
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

function makeTask(name: string, scenario: Scenario, { index, title }: Instance, file: string): Task {
  const space = SearchSpace.from(definitionFromFields(scenario.space));
  const graph = graphOf(scenario, file);
  // A configuration is evaluated, then its true value is asked for.
  const predictions = new WeakMap<Configuration, ArrayLike<number>>();
  const predict = (configuration: Configuration): ArrayLike<number> => {
    const known = predictions.get(configuration);
    if (known !== undefined) return known;
    const categorical = Float32Array.from(scenario.categorical(index, configuration));
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
    card: scenario.card(title),
    ...knownOptimum(name, space),
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

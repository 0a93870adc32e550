/** One file of third-party data, pinned. */
export interface DataSource {
  /** Below the data folder. */
  readonly path: string;
  /** Where exactly this file can be downloaded; absent where only a re-encoded copy is known. */
  readonly url?: string;
  readonly sha256: string;
  readonly licence: string;
}

const yahpo = "https://raw.githubusercontent.com/slds-lmu/yahpo_data/efdab9072f63bd680396cd4b78b927c4a0caaad3";

/** Surrogates of YAHPO Gym (Pfisterer et al. 2022), version 1.0. */
export const lcbenchModel: DataSource = {
  path: "yahpo/lcbench/model.onnx",
  url: `${yahpo}/lcbench/model.onnx`,
  sha256: "b45c0d85ae39abf8820c8bea5ac82f415763afcbaf3b725e36af452b09cb6dcd",
  licence: "Apache-2.0",
};
export const rpartModel: DataSource = {
  path: "yahpo/rbv2_rpart/model.onnx",
  url: `${yahpo}/rbv2_rpart/model.onnx`,
  sha256: "af34bb810107fd809bdd74be227685fb2a1c5cb7b1f3c2dde5629e42ef6819f3",
  licence: "Apache-2.0",
};

export const dataSources: readonly DataSource[] = [lcbenchModel, rpartModel];

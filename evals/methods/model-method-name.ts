import type { OptimizerSettings } from "../../src/optimizers/index.js";
import type { ModelSurroundings } from "../models/index.js";

/** The parts of a name such as `one-shot:optimizer=tpe+openai:NAME`, and where its model is found. */
export interface ModelMethodName {
  /** As it was given, for results and recordings. */
  readonly name: string;
  readonly base: string;
  readonly settings: OptimizerSettings;
  /** A model, or an advisor in its place. */
  readonly partner: string;
  readonly asksModel: boolean;
  readonly surroundings: ModelSurroundings;
}

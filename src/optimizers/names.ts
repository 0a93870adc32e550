/**
 * Names of all optimizers, the default first; on their own, so that whoever only needs the names, such as the schema
 * of the study file, does not load the optimizers and their linear algebra.
 */
export const optimizerNames = [
  "cma-es",
  "lra-cma-es",
  "tpe",
  "gp",
  "random-forest",
  "cross-entropy",
  "differential-evolution",
  "genetic",
  "local-gaussian",
  "sobol",
  "grid",
  "random",
] as const;
export type OptimizerName = (typeof optimizerNames)[number];

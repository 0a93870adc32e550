import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/llm/package-root.js";
import type { Benchmark, SkippedTask } from "../tasks/index.js";
import { type CommandBenchmark, commandBenchmark } from "./command-benchmark.js";

/** Where autoresearch is checked out and prepared, see evals/training/autoresearch/README.md. */
export const autoresearchVariable = "AGENT_TUNE_AUTORESEARCH";

const example = (name: string) => join(packageRoot(), "examples", name, "agent-tune.yaml");

const examples: readonly CommandBenchmark[] = [
  {
    name: "training/char-lm",
    studyFile: example("char-lm"),
    known: { best: 1.9946, bestOf25: 2.7045 },
    trials: 100,
    repeats: true,
  },
  {
    name: "training/digits",
    studyFile: example("digits-python"),
    known: { best: 6.7933, bestOf25: 8.5146 },
    trials: 100,
    repeats: true,
  },
];

/**
 * The task of the paper on Centaur (arXiv 2603.24647). The unit of regret is made of the paper's own figures: the best
 * single run of any method, and random search at its end. The script fixes its seed, so that what was observed is all
 * there is.
 */
const autoresearch: CommandBenchmark = {
  name: "autoresearch/14-parameters",
  studyFile: join(packageRoot(), "evals", "training", "autoresearch", "agent-tune.yaml"),
  known: { best: 0.97032, bestOf25: 0.9869 },
  trials: 335,
  repeats: false,
};

/** Benchmarks whose trials really train something, and why some cannot be run here. */
export function trainingBenchmarks(env: NodeJS.ProcessEnv = process.env): {
  readonly benchmarks: readonly CommandBenchmark[];
  readonly skipped: readonly SkippedTask[];
} {
  const folder = env[autoresearchVariable];
  const missing =
    folder === undefined || folder === ""
      ? `${autoresearchVariable} names no folder with autoresearch; it needs a GPU`
      : existsSync(join(folder, "train.py"))
        ? undefined
        : `there is no train.py in ${folder}`;
  return missing === undefined
    ? { benchmarks: [...examples, { ...autoresearch, folder }], skipped: [] }
    : { benchmarks: examples, skipped: [{ name: autoresearch.name, reason: missing }] };
}

/** @returns undefined where no training benchmark of that name can be run here */
export async function trainingBenchmark(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Benchmark | undefined> {
  const definition = trainingBenchmarks(env).benchmarks.find((each) => each.name === name);
  return definition && commandBenchmark(definition, env);
}

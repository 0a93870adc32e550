import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { failureSeverity } from "../../src/centaur/failure-severity.js";
import { LocalExecutor } from "../../src/executors/index.js";
import { deriveSeed } from "../../src/math/random.js";
import { type Configuration, SearchSpace } from "../../src/space/index.js";
import { fileDefinition, settingsOf } from "../../src/study/file-definition.js";
import { causedByConfiguration } from "../../src/trials/outcome.js";
import type { TrialEnd } from "../../src/trials/trial-run.js";
import type { Benchmark, KnownValues, Observation } from "../tasks/index.js";

/** Fresh seeds that a configuration's true value is the mean of. */
const trueValueSeeds = 3;

export interface CommandBenchmark {
  readonly name: string;
  /** Path of a study file: its command, space, limits and task are the benchmark. */
  readonly studyFile: string;
  /** Where the command runs; the study file's own folder where absent. */
  readonly folder?: string | undefined;
  readonly known: KnownValues;
  readonly trials: number;
  /** Where the metric is maximised: the end of its scale. What is missing to it is minimised. */
  readonly perfect?: number;
  /** Whether true values are measured on fresh seeds; otherwise what was observed stands for them. */
  readonly repeats: boolean;
}

/**
 * A benchmark whose every trial really runs: the command of a study file, through the executor of a study, with its
 * limits and its classification of failures. A run takes as long as it takes; nothing of the machine's speed is told
 * to a method.
 */
export async function commandBenchmark(
  { name, studyFile, folder, known, trials, perfect, repeats }: CommandBenchmark,
  env: NodeJS.ProcessEnv,
): Promise<Benchmark> {
  const definition = fileDefinition({ path: studyFile, text: readFileSync(studyFile, "utf8"), overrides: {} });
  const { objective, task: text } = settingsOf(definition);
  const space = SearchSpace.from(definition.space);
  const { trial: settings } = definition;
  const { limits } = settings;
  const executor = await LocalExecutor.open({ settings, base: folder ?? dirname(studyFile), parallel: 1, parent: env });
  const toMinimise = (value: number) => (objective.direction === "minimize" ? value : (perfect ?? 0) - value);
  let attempts = 0;
  const observed = new Map<string, number[]>();
  const trueValues = new Map<string, number>();

  async function run(configuration: Configuration, seed: number): Promise<TrialEnd> {
    const scratch = mkdtempSync(join(tmpdir(), "agent-tune-benchmark-"));
    try {
      const attempt = join(scratch, "attempt");
      mkdirSync(attempt);
      const trial = executor.start(
        {
          study: name,
          number: attempts,
          attempt: 1,
          configuration,
          derived: { ...space.derive(configuration) },
          // Training scripts take seeds of 31 bits.
          seed: seed % 2 ** 31,
          folder: attempt,
          mark: `${process.pid}-${attempts++}`,
        },
        { started: () => {}, observed: () => {} },
      );
      return await trial.ended;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async function evaluate(configuration: Configuration, seed: number): Promise<Observation> {
    const { outcome, peakMemoryBytes } = await run(configuration, seed);
    const measured = peakMemoryBytes === undefined ? {} : { peakMemory: peakMemoryBytes };
    if (outcome.kind !== "failed") {
      const value = toMinimise(outcome.value);
      const key = space.key(configuration);
      observed.set(key, [...(observed.get(key) ?? []), value]);
      return { evaluation: { kind: "value", value }, measured };
    }
    if (!causedByConfiguration(outcome)) throw new Error(`${name}: a run was lost, ${outcome.message}`);
    return {
      evaluation: { kind: "failure", failure: outcome.failure, severity: failureSeverity({ outcome }) },
      measured,
    };
  }

  async function trueValue(configuration: Configuration): Promise<number> {
    const key = space.key(configuration);
    if (!repeats) return average(observed.get(key) ?? []);
    const measuredBefore = trueValues.get(key);
    if (measuredBefore !== undefined) return measuredBefore;
    const values: number[] = [];
    for (let k = 0; k < trueValueSeeds; k++) {
      const { outcome } = await run(configuration, deriveSeed(k, name, "true value"));
      if (outcome.kind !== "failed") values.push(toMinimise(outcome.value));
    }
    const value = average(values);
    trueValues.set(key, value);
    return value;
  }

  return {
    name,
    space,
    start: space.defaults(),
    trials,
    evaluate,
    trueValue,
    known,
    card: {
      text: text ?? "",
      metric: objective.metric,
      limits: {
        ...(limits.time !== undefined && { seconds: limits.time }),
        ...(limits.memory !== undefined && { memoryBytes: limits.memory }),
      },
    },
  };
}

function average(values: readonly number[]): number {
  return values.length === 0 ? Number.POSITIVE_INFINITY : values.reduce((a, b) => a + b, 0) / values.length;
}

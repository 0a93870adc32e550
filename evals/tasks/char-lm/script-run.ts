import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalExecutor } from "../../../src/executors/index.js";
import type { Configuration } from "../../../src/space/index.js";
import type { StudyDefinition } from "../../../src/study/study-file/index.js";
import { faultOf, type Observation } from "../../../src/trials/index.js";
import { exampleFolder } from "./example.js";
import { scriptConfiguration } from "./grid.js";
import type { RawRun } from "./raw-run.js";

/**
 * Seconds. The study's own limit is of wall time, which on a machine with other work says nothing of a configuration:
 * all may spend the same arithmetic, and none takes a tenth of that limit on a core of its own.
 */
const timeLimit = 1800;

/** Runs the example's script as a study of it does: the same executor, command, memory limit and kinds of failure. */
export class ScriptRunner {
  private count = 0;

  private constructor(
    private readonly study: StudyDefinition,
    private readonly executor: LocalExecutor,
  ) {}

  /** @param parallel runs at once */
  static async open(study: StudyDefinition, parallel: number): Promise<ScriptRunner> {
    const executor = await LocalExecutor.open({
      settings: { ...study.trial, limits: { ...study.trial.limits, time: timeLimit } },
      base: exampleFolder(),
      parallel,
      parent: process.env,
    });
    return new ScriptRunner(study, executor);
  }

  /**
   * One run.
   *
   * @param configuration of the table
   * @param signal ends the run
   * @returns undefined where the run was ended by the signal, which says nothing of the configuration
   * @throws Error where the environment and not the configuration made it fail
   */
  async run(configuration: Configuration, seed: number, signal?: AbortSignal): Promise<RawRun | undefined> {
    const folder = mkdtempSync(join(tmpdir(), "agent-tune-char-lm-"));
    const observations: Observation[] = [];
    const trial = this.executor.start(
      {
        study: "char-lm-table",
        number: this.count++,
        attempt: 1,
        configuration: scriptConfiguration(this.study, configuration),
        derived: {},
        seed,
        folder,
        mark: randomUUID(),
      },
      { started: () => {}, observed: (observation) => observations.push(observation) },
    );
    const cancel = () => trial.cancel("The measuring was ended.");
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
    const { outcome, metrics, seconds, peakMemoryBytes } = await trial.ended;
    signal?.removeEventListener("abort", cancel);
    rmSync(folder, { recursive: true });
    if (outcome.kind === "failed" && outcome.failure === "cancelled") return undefined;
    if (outcome.kind === "pruned" || (outcome.kind === "failed" && faultOf(outcome) === "environment"))
      throw new Error(`The environment spoilt a run: ${JSON.stringify(outcome)}`);
    const steps = observations.flatMap(({ metric, step }) => (/_bpb$/.test(metric) ? [step] : []));
    return {
      seed,
      configuration: { ...configuration },
      outcome:
        outcome.kind === "complete"
          ? { kind: "complete", value: outcome.value }
          : { kind: "failed", failure: outcome.failure, message: outcome.message },
      curve: finiteReadings(observations, "val_bpb"),
      trainCurve: finiteReadings(observations, "train_bpb"),
      ...(steps.length === 0 ? {} : { lastStep: Math.max(...steps) }),
      ...(metrics["tokens"] === undefined ? {} : { tokens: metrics["tokens"] }),
      ...(peakMemoryBytes === undefined ? {} : { peakMemoryMegabytes: Math.round(peakMemoryBytes / 1e5) / 10 }),
      ...(metrics["peak_memory_mb"] === undefined ? {} : { reportedPeakMebibytes: metrics["peak_memory_mb"] }),
      seconds: Math.round(seconds * 100) / 100,
    };
  }
}

function finiteReadings(observations: readonly Observation[], name: string): [step: number, value: number][] {
  return observations.flatMap(({ metric, step, value }): [number, number][] =>
    metric === name && Number.isFinite(value) ? [[step, value]] : [],
  );
}

import { isAbsolute, resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import type { Observation } from "../trials/outcome.js";
import { prepareCommand } from "../trials/pass/prepare.js";
import { markVariable, type ProcessTable, processTable, reapMarks, runCommand } from "../trials/process/index.js";
import type { TrialSettings } from "../trials/settings.js";
import type { Executor, RunningTrial, TrialObserver, TrialTask } from "../trials/trial-run.js";
import type { CodeRunning } from "./code-running.js";
import { runCodeTrial } from "./code-trial.js";
import { gpuAccess, gpusToUse } from "./gpus.js";

export interface LocalExecutorOptions {
  readonly settings: TrialSettings;
  /** Folder of the study file, to which paths in the settings are relative. */
  readonly base: string;
  /**
   * Trials at once. Fewer run where there are not GPUs for so many; `auto` is as many as the GPUs allow, and one
   * where there are none.
   */
  readonly parallel: number | "auto";
  /** Environment of the controller, of which trials get an allow-listed part. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** Asked at every observation of a trial; a reason ends it as pruned. */
  readonly shouldStop?: (task: TrialTask, observation: Observation) => string | undefined;
  /** How tasks with a code version run. */
  readonly code?: CodeRunning;
  readonly table?: ProcessTable;
  /** Monotonic seconds. */
  readonly now?: () => number;
}

/** Runs trials as processes of this machine, each with GPUs of its own where there are any. */
export class LocalExecutor implements Executor {
  readonly slots: number;
  private readonly table: ProcessTable;
  private readonly now: () => number;
  private readonly freeGpus: string[];
  private running = 0;

  private constructor(
    private readonly options: LocalExecutorOptions,
    private readonly gpus: readonly string[] | undefined,
  ) {
    const perTrial = options.settings.gpus.per_trial;
    this.table = options.table ?? processTable();
    this.now = options.now ?? (() => performance.now() / 1000);
    this.freeGpus = [...(gpus ?? [])];
    const { parallel } = options;
    const onGpus = gpus === undefined || gpus.length === 0 ? undefined : Math.floor(gpus.length / perTrial);
    this.slots = parallel === "auto" ? (onGpus ?? 1) : Math.min(parallel, onGpus ?? parallel);
  }

  /**
   * Finds the GPUs and opens as many slots as they allow.
   *
   * @throws AgentTuneError `command_invalid` where one trial wants more GPUs than there are, or where the code is
   *   searched and the working directory is outside of it
   */
  static async open(options: LocalExecutorOptions): Promise<LocalExecutor> {
    const { ids, per_trial: perTrial } = options.settings.gpus;
    const gpus = await gpusToUse(ids, options.parent);
    const found = gpus?.length ?? 0;
    const wanted = found > 0 || perTrial > 1;
    if (wanted && found < perTrial) {
      throw new AgentTuneError("command_invalid", {
        message: `One trial wants ${perTrial} GPUs, but ${found === 0 ? "there are none" : `there ${found === 1 ? "is" : "are"} only ${found}`}.`,
        where: "gpus.per_trial",
        remedy: "Lower gpus.per_trial or name more in gpus.ids.",
      });
    }
    const { cwd } = options.settings;
    if (options.code !== undefined && (isAbsolute(cwd) || cwd.split(/[\\/]/).includes(".."))) {
      throw new AgentTuneError("command_invalid", {
        message: `The working directory ${cwd} is outside the code that is searched.`,
        where: "cwd",
        remedy: "Name a folder below that of the study file.",
      });
    }
    return new LocalExecutor(options, gpus);
  }

  start(task: TrialTask, observer: TrialObserver): RunningTrial {
    if (this.running >= this.slots) {
      throw new AgentTuneError("internal", {
        message: `Trial ${task.number} was started while all ${this.slots} slots were taken.`,
      });
    }
    const devices = this.freeGpus.splice(0, this.options.settings.gpus.per_trial);
    this.running++;
    const trial = this.run(task, observer, devices);
    const ended = trial.ended.finally(() => {
      this.running--;
      this.freeGpus.push(...devices);
    });
    return { ended, cancel: trial.cancel };
  }

  private run(task: TrialTask, observer: TrialObserver, devices: readonly string[]): RunningTrial {
    const { settings, base, parent, shouldStop, code } = this.options;
    const common = {
      settings,
      device: devices.length === 0 ? undefined : `cuda:${devices.join(",")}`,
      observer,
      table: this.table,
      shouldStop: shouldStop === undefined ? undefined : (observation: Observation) => shouldStop(task, observation),
      now: this.now,
    };
    const own = (visible: readonly string[]) => ({
      ...(this.gpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: visible.join(",") }),
      [markVariable]: task.mark,
    });
    if (task.code === undefined) {
      const prepared = prepareCommand(settings, base, task, parent, own(devices));
      return runCommand({ ...common, prepared, folder: resolve(task.folder), mark: task.mark });
    }
    if (code === undefined) {
      throw new AgentTuneError("internal", { message: "A code version was to run, and nobody has said how." });
    }
    const access = gpuAccess(this.gpus === undefined ? undefined : devices);
    return runCodeTrial({
      ...common,
      task,
      version: task.code,
      code,
      base: resolve(base),
      parent,
      own: own(access.visible),
      deviceNodes: access.nodes,
    });
  }

  async reap(marks: readonly string[]): Promise<readonly string[]> {
    const release = this.options.code?.sandbox.release;
    if (release !== undefined) await Promise.all(marks.map((mark) => release(mark)));
    return reapMarks(marks, { table: this.table, grace: this.options.settings.limits.grace, now: this.now });
  }
}

import { LocalExecutor } from "../../src/executors/index.js";
import type { Environment } from "../../src/llm/model-name.js";
import { fileDefinition } from "../../src/study/file-definition.js";
import type { Executor } from "../../src/trials/trial-run.js";
import { baseOf, type StudiesPlan } from "./plan.js";

/** Where the trials of all studies run. */
export interface Machine {
  readonly machine: Executor;
  /** Trials of one study at once: as many as a study of this file has by itself. */
  readonly slots: number;
}

/**
 * One executor for all studies, so that two of them never use the same GPU.
 *
 * @throws AgentTuneError `command_invalid` where there are not enough GPUs
 */
export async function openMachine(plan: StudiesPlan, env: Environment, workers: number): Promise<Machine> {
  const { trial, parallel } = fileDefinition(plan);
  const open = (at: number | "auto") =>
    LocalExecutor.open({ settings: trial, base: baseOf(plan), parallel: at, parent: env });
  const wanted = parallel === "auto" ? (await open("auto")).slots : parallel;
  const machine = await open(wanted * workers);
  return { machine, slots: Math.min(wanted, machine.slots) };
}

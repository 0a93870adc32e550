import type { Configuration } from "../../src/space/index.js";
import type { Observation, Task } from "../tasks/index.js";

/** One method at work on one task, from the start configuration on. */
export interface Session {
  /** Told once, before the first `ask`: trial 0. */
  begin(start: Configuration, observation: Observation): Promise<void>;
  ask(): Promise<Configuration>;
  /** The result of what was asked last. */
  tell(observation: Observation): Promise<void>;
  /** Releases what the session holds. */
  end(): Promise<void>;
  /** Milliseconds that the method itself has spent since it was asked about this last. */
  spent(): number;
}

export interface Method {
  /** As given to `--optimizers`. */
  readonly name: string;
  open(task: Task, seed: number): Promise<Session>;
  close(): void;
}

/**
 * Names from a list such as `cma-es:restarts=bipop,screening=false,optuna-tpe`: commas separate methods and settings
 * of one method alike, and only settings have an equals sign before any colon.
 */
export function methodNames(list: string): readonly string[] {
  const names: string[] = [];
  for (const part of list.split(",")) {
    const last = names.at(-1);
    if (last !== undefined && /^[^:]*=/.test(part)) names[names.length - 1] = `${last},${part}`;
    else names.push(part.trim());
  }
  return names;
}

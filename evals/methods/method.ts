import type { Configuration } from "../../src/space/index.js";
import type { Benchmark, Observation } from "../tasks/index.js";
import type { ModelUsage } from "./model-usage.js";

/** A configuration that a method wants to run. */
export interface Proposed {
  readonly configuration: Configuration;
  /** Who made it: the optimizer's name, `llm`, `rules`, ... as a study stores it. */
  readonly origin: string;
  /** What the method had proposed, where something else runs in its place: see candidate-set-session.ts. */
  readonly insteadOf?: Proposed;
}

/** One method at work on one task, from the start configuration on. */
export interface Session {
  /** Told once, before the first `ask`: trial 0. */
  begin(start: Configuration, observation: Observation): Promise<void>;
  /** May be called again before earlier proposals are told. */
  ask(): Promise<Proposed>;
  /** The result of a proposal, in the order in which trials end. */
  tell(proposed: Proposed, observation: Observation): Promise<void>;
  /** Releases what the session holds. */
  end(): Promise<void>;
  /** Milliseconds that the method itself has spent since it was asked about this last, calls of models left out. */
  spent(): number;
  /** Absent where no model is asked. */
  usage?(): ModelUsage;
}

/** What a session is opened for. */
export interface SessionContext {
  readonly task: Benchmark;
  /** Of the method; differs between tasks and runs. */
  readonly seed: number;
  /** The run's own, as it was asked for: 1, 2, ...; what is recorded of the run is named after it. */
  readonly runSeed: number;
  /** Trials that the run may take, the start included. */
  readonly trials: number;
  /** Trials at once. */
  readonly workers: number;
}

export interface Method {
  /** As given to `--methods`. */
  readonly name: string;
  /** Whether it can be used only on tasks whose optimum is known; absent: no. */
  readonly needsOptimum?: boolean;
  open(context: SessionContext): Promise<Session>;
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

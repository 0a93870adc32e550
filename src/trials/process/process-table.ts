/** Name of the variable that marks every process of one attempt at a trial. */
export const markVariable = "AGENT_TUNE_ATTEMPT";

/** One process as the system lists it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Time of its start as the system writes it: with the pid, names a process for good, as pids are used again. */
  readonly started: string;
  /** Has ended and only waits for its parent to ask; cannot be ended any further. */
  readonly zombie: boolean;
  readonly residentBytes: number;
  /** Value of {@link markVariable} in its environment, where it has one that may be read. */
  readonly mark?: string;
}

/** The processes of this machine. */
export interface ProcessTable {
  list(): Promise<readonly ProcessInfo[]>;
  /** Largest resident memory that the process ever had, where the system records it. */
  peakBytes(pid: number): number | undefined;
  /** Resident memory with shared pages counted by their share, where the system knows it. Costs more to ask. */
  proportionalBytes(pid: number): number | undefined;
}

/** Names one process for good. */
export function identityOf(process: Pick<ProcessInfo, "pid" | "started">): string {
  return `${process.pid}@${process.started}`;
}

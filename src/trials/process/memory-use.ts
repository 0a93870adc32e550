import type { ProcessInfo, ProcessTable } from "./process-table.js";

/** Bytes that all processes together hold now, and the most that was ever seen. */
export class MemoryUse {
  private largest = 0;

  constructor(private readonly table: ProcessTable) {}

  /** Largest resident memory seen; undefined where nothing was ever measured. */
  get peakBytes(): number | undefined {
    return this.largest === 0 ? undefined : this.largest;
  }

  /**
   * Takes in one look. Resident memory counts pages that processes share (forked workers) once for each of them,
   * so where several processes together pass `limit` or the peak, their proportional shares are asked for.
   *
   * @returns bytes in use, peaks of single processes between two looks included
   */
  measure(processes: readonly ProcessInfo[], limit: number): number {
    const resident = sum(processes.map((process) => process.residentBytes));
    let now = resident;
    if (processes.length > 1 && resident > Math.min(limit, this.largest)) {
      now = sum(processes.map((process) => this.table.proportionalBytes(process.pid) ?? process.residentBytes));
    }
    const single = processes.map((process) => this.table.peakBytes(process.pid) ?? 0);
    const used = Math.max(now, ...single);
    this.largest = Math.max(this.largest, used);
    return used;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import { identityOf, type ProcessInfo, type ProcessTable } from "./process-table.js";

/**
 * Every process that one attempt has started. A process belongs where its environment carries the mark, where it is
 * in the group or session of one that belongs, or where one that belongs started it. Each is remembered from one
 * look to the next, so that a process that later changes its group, its parent or its environment is not lost.
 */
export class ProcessFamily {
  private known = new Map<string, ProcessInfo>();
  private led: readonly number[] = [];

  /** @param root pid of the first process, which leads its own group and session; absent after a crash */
  constructor(
    private readonly table: ProcessTable,
    private readonly mark: string,
    private readonly root?: number,
  ) {}

  /** Looks again. Returns those that are alive now. */
  async refresh(): Promise<readonly ProcessInfo[]> {
    const all = (await this.table.list()).filter((process) => process.pid !== globalThis.process.pid);
    const members = new Map<string, ProcessInfo>();
    const pids = new Set<number>();
    const groups = new Set<number>();
    const add = (process: ProcessInfo) => {
      members.set(identityOf(process), process);
      pids.add(process.pid);
      // A process that did not move to a group of its own may sit in one that it does not share with us alone.
      if (process.group === process.pid || process.group === this.root) groups.add(process.group);
      if (process.session === process.pid) groups.add(process.session);
    };
    for (const process of all) {
      if (process.mark === this.mark || this.known.has(identityOf(process)) || this.isRoot(process)) add(process);
    }
    for (let grown = true; grown; ) {
      grown = false;
      for (const process of all) {
        if (members.has(identityOf(process))) continue;
        const related = pids.has(process.parent) || groups.has(process.group) || groups.has(process.session);
        // A process that carries another attempt's mark is that attempt's, however it came to be here.
        if (!related || (process.mark !== undefined && process.mark !== this.mark)) continue;
        add(process);
        grown = true;
      }
    }
    this.known = members;
    const living = [...members.values()].filter((process) => !process.zombie);
    this.led = [...new Set(living.map((process) => process.group))].filter((group) => groups.has(group));
    return living;
  }

  /** Process groups that the family made for itself and still has somebody in. A signal to one misses nobody. */
  get groups(): readonly number[] {
    return this.led;
  }

  private isRoot(process: ProcessInfo): boolean {
    return this.root !== undefined && process.pid === this.root && process.group === this.root && !process.zombie
      ? process.parent === globalThis.process.pid
      : false;
  }
}

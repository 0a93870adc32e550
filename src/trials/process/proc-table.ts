import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { identityOf, markVariable, type ProcessInfo, type ProcessTable } from "./process-table.js";

const pageBytes = 4096;

/**
 * Reads /proc (proc(5)). Reads are synchronous: each is answered from memory in microseconds, which is less than
 * handing it to another thread costs. The environment of a process is read once, since it cannot change but by exec.
 */
export class ProcTable implements ProcessTable {
  private marks = new Map<string, string>();
  private unmarked = new Set<string>();
  private readonly buffer = Buffer.alloc(16_384);

  constructor(private readonly root = "/proc") {}

  async list(): Promise<readonly ProcessInfo[]> {
    const processes: ProcessInfo[] = [];
    const marks = new Map<string, string>();
    const unmarked = new Set<string>();
    for (const entry of readdirSync(this.root)) {
      if (!/^\d+$/.test(entry)) continue;
      const stat = this.read(entry, "stat");
      const process = stat === undefined ? undefined : parseStat(stat);
      if (process === undefined) continue;
      const identity = identityOf(process);
      const mark = this.marks.get(identity) ?? (this.unmarked.has(identity) ? undefined : this.readMark(entry));
      if (mark !== undefined) marks.set(identity, mark);
      // A child of this very process may be about to exec and has not got its own environment yet.
      else if (process.parent !== globalThis.process.pid) unmarked.add(identity);
      processes.push(mark === undefined ? process : { ...process, mark });
    }
    this.marks = marks;
    this.unmarked = unmarked;
    return processes;
  }

  peakBytes(pid: number): number | undefined {
    return kilobytes(this.read(String(pid), "status"), /^VmHWM:\s+(\d+) kB/m);
  }

  proportionalBytes(pid: number): number | undefined {
    return kilobytes(this.read(String(pid), "smaps_rollup"), /^Pss:\s+(\d+) kB/m);
  }

  private readMark(pid: string): string | undefined {
    const prefix = `${markVariable}=`;
    return this.read(pid, "environ")
      ?.split("\0")
      .find((entry) => entry.startsWith(prefix))
      ?.slice(prefix.length);
  }

  /**
   * Undefined where the process is gone or belongs to somebody else. Opened, read and closed by hand, which is half
   * the system calls of `readFileSync` and counts with hundreds of processes.
   */
  private read(pid: string, file: string): string | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(`${this.root}/${pid}/${file}`, "r");
      let text = "";
      for (let length = this.buffer.length; length === this.buffer.length; ) {
        length = readSync(descriptor, this.buffer, 0, this.buffer.length, null);
        text += this.buffer.toString("latin1", 0, length);
      }
      return text;
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}

/** Reads /proc/PID/stat. The command's name stands in brackets and may itself hold brackets and spaces. */
export function parseStat(stat: string): ProcessInfo | undefined {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  if (open === -1 || close === -1) return undefined;
  const [state, parent, group, session, ...rest] = stat.slice(close + 2).split(" ");
  // Fields 22 and 24 of proc(5); rest begins with field 7.
  const started = rest[15];
  const residentPages = Number(rest[17]);
  if (state === undefined || started === undefined) return undefined;
  return {
    pid: Number(stat.slice(0, open)),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    started,
    zombie: state === "Z" || state === "X",
    residentBytes: Number.isFinite(residentPages) ? residentPages * pageBytes : 0,
  };
}

function kilobytes(text: string | undefined, pattern: RegExp): number | undefined {
  const found = text === undefined ? null : pattern.exec(text);
  return found === null ? undefined : Number(found[1]) * 1024;
}

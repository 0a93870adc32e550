import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { markVariable, type ProcessInfo, type ProcessTable } from "./process-table.js";

const run = promisify(execFile);

/** Asks ps(1), where there is no /proc (macOS, BSD). Peak and proportional memory are not known there. */
export class PsTable implements ProcessTable {
  async list(): Promise<readonly ProcessInfo[]> {
    const [table, environments] = await Promise.all([
      ps(["-axo", "pid=,ppid=,pgid=,state=,rss=,lstart="]),
      ps(["axeww", "-o", "pid=,command="]),
    ]);
    const marks = parseMarks(environments);
    return table.split("\n").flatMap((line) => {
      const process = parseRow(line);
      if (process === undefined) return [];
      const mark = marks.get(process.pid);
      return [mark === undefined ? process : { ...process, mark }];
    });
  }

  peakBytes(): undefined {
    return undefined;
  }

  proportionalBytes(): undefined {
    return undefined;
  }
}

async function ps(args: readonly string[]): Promise<string> {
  const { stdout } = await run("ps", args, { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: "C" } });
  return stdout;
}

function parseRow(line: string): ProcessInfo | undefined {
  const row = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(line);
  if (row === null) return undefined;
  const [, pid, parent, group, state, resident, started] = row;
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    // ps on macOS prints an address for the session; the group serves, as setsid starts one of the same number.
    session: Number(group),
    started: (started ?? "").replace(/\s+/g, " "),
    zombie: state?.startsWith("Z") ?? false,
    residentBytes: Number(resident) * 1024,
  };
}

function parseMarks(environments: string): ReadonlyMap<number, string> {
  const mark = new RegExp(String.raw`(?:^|\s)${markVariable}=(\S+)`);
  return new Map(
    environments.split("\n").flatMap((line) => {
      const pid = /^\s*(\d+)\s/.exec(line)?.[1];
      const value = mark.exec(line)?.[1];
      return pid === undefined || value === undefined ? [] : [[Number(pid), value] as const];
    }),
  );
}

import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessFamily } from "./process-family.js";
import type { ProcessInfo } from "./process-table.js";

export interface EndOptions {
  /** Seconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  /** Aborted to kill at once. */
  readonly force?: AbortSignal;
  /** Seconds to keep killing until what is left is given up. */
  readonly patience?: number;
  /** A process that is not asked to end, only made to, because its end would be that of the others. */
  readonly supervisor?: number | undefined;
  /** Monotonic seconds. */
  readonly now: () => number;
}

/**
 * Ends every process of a family: SIGTERM, a time of grace, then SIGKILL again and again until two looks in a row
 * find nobody, because a process may have started another between a look and a kill. Returns what could not be
 * ended, which is what waits in the kernel or belongs to another user.
 */
export async function endFamily(family: ProcessFamily, options: EndOptions): Promise<readonly ProcessInfo[]> {
  const { now, force } = options;
  let left = await family.refresh();
  if (left.length === 0) return family.refresh();

  const graceEnds = now() + options.grace;
  const asked = new Set<number>();
  for (
    let pause = 5;
    left.length > 0 && now() < graceEnds && force?.aborted !== true;
    pause = Math.min(100, pause * 2)
  ) {
    for (const { pid } of left) {
      if (pid === options.supervisor) continue;
      if (!asked.has(pid)) send(pid, "SIGTERM");
      // A stopped process does not see SIGTERM before it goes on.
      if (!asked.has(pid)) send(pid, "SIGCONT");
      asked.add(pid);
    }
    await pauseFor(Math.min(pause, Math.max(0, graceEnds - now()) * 1000), force);
    left = await family.refresh();
  }

  const givenUp = now() + (options.patience ?? 10);
  let quietLooks = 0;
  for (let pause = 2; quietLooks < 2 && now() < givenUp; pause = Math.min(100, pause * 2)) {
    quietLooks = left.length === 0 ? quietLooks + 1 : 0;
    // The system sends to a group in one step, so that not even a process that keeps forking gets away within it.
    for (const group of family.groups) send(-group, "SIGKILL");
    for (const { pid } of left) send(pid, "SIGKILL");
    if (left.length > 0) await sleep(pause);
    left = await family.refresh();
  }
  return left;
}

/**
 * Sends to a process, or to a group by its negative number. One that is gone or not ours to signal is not an error
 * here: the next look tells.
 */
function send(pid: number, signal: NodeJS.Signals): void {
  if (Math.abs(pid) <= 1) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Seen at the next look, or gone.
  }
}

async function pauseFor(milliseconds: number, force: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, force === undefined ? {} : { signal: force });
  } catch {
    // Aborted: no more patience.
  }
}

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { markVariable, processTable } from "./index.js";
import { MemoryUse } from "./memory-use.js";
import { parseStat } from "./proc-table.js";
import { ProcessFamily } from "./process-family.js";
import type { ProcessInfo, ProcessTable } from "./process-table.js";
import { PsTable } from "./ps-table.js";

const onLinux = existsSync("/proc/self/environ");

test("a name with brackets and spaces does not confuse the reading of /proc/PID/stat", () => {
  const rest = Array.from({ length: 45 }, (_, i) => String(i + 8));
  // Fields 3 to 7, then rest begins with field 8.
  const stat = `42 (a) b (c)) S 7 40 39 0 ${rest.join(" ")}`;
  expect(parseStat(stat)).toEqual({
    pid: 42,
    parent: 7,
    group: 40,
    session: 39,
    started: "22",
    zombie: false,
    residentBytes: 24 * 4096,
  });
  expect(parseStat("nonsense")).toBeUndefined();
});

describe("both ways to list processes see the same of a marked child", () => {
  for (const [name, table] of [
    ["of this machine", processTable()],
    ["ps", new PsTable()],
  ] as const) {
    test(name, async () => {
      const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"], {
        detached: true,
        env: { ...process.env, [markVariable]: `table-${name.length}` },
      });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      try {
        const found = (await table.list()).find((each) => each.pid === child.pid);
        expect(found).toMatchObject({
          parent: process.pid,
          group: child.pid,
          session: child.pid,
          zombie: false,
          mark: `table-${name.length}`,
        });
        expect(found?.residentBytes).toBeGreaterThan(10_000_000);
      } finally {
        child.kill("SIGKILL");
      }
    });
  }

  test.skipIf(!onLinux)("/proc knows peaks and shares", () => {
    const table = processTable();
    expect(table.peakBytes(process.pid)).toBeGreaterThan(1e7);
    expect(table.proportionalBytes(process.pid)).toBeGreaterThan(1e6);
    expect(table.peakBytes(2 ** 30)).toBeUndefined();
  });
});

/** A table whose processes the test sets. */
class FakeTable implements ProcessTable {
  constructor(
    public processes: readonly ProcessInfo[],
    private readonly shares: Readonly<Record<number, number>> = {},
    private readonly peaks: Readonly<Record<number, number>> = {},
  ) {}
  async list() {
    return this.processes;
  }
  peakBytes(pid: number) {
    return this.peaks[pid];
  }
  proportionalBytes(pid: number) {
    return this.shares[pid];
  }
}

const info = (pid: number, given: Partial<ProcessInfo> = {}): ProcessInfo => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  started: `t${pid}`,
  zombie: false,
  residentBytes: 0,
  ...given,
});

describe("the family of an attempt", () => {
  const pids = (processes: readonly ProcessInfo[]) => processes.map(({ pid }) => pid).sort((a, b) => a - b);

  test("takes in descendants without the mark, and keeps them when they are orphaned and move away", async () => {
    const table = new FakeTable([
      info(10, { mark: "m" }),
      info(11, { parent: 10 }),
      info(12, { parent: 11 }),
      info(99),
    ]);
    const family = new ProcessFamily(table, "m");
    expect(pids(await family.refresh())).toEqual([10, 11, 12]);
    table.processes = [info(12, { parent: 1 }), info(99)];
    expect(pids(await family.refresh())).toEqual([12]);
  });

  test("a new process with a pid that was used before is a stranger", async () => {
    const table = new FakeTable([info(10, { mark: "m" })]);
    const family = new ProcessFamily(table, "m");
    await family.refresh();
    table.processes = [info(10, { started: "later" })];
    expect(await family.refresh()).toEqual([]);
  });

  test("leaves another attempt's processes and zombies alone", async () => {
    const table = new FakeTable([
      info(10, { mark: "m" }),
      info(11, { parent: 10, mark: "other" }),
      info(13, { parent: 10, zombie: true }),
    ]);
    expect(pids(await new ProcessFamily(table, "m").refresh())).toEqual([10]);
  });

  test("never holds the controller", async () => {
    const table = new FakeTable([info(process.pid, { mark: "m" }), info(10, { mark: "m" })]);
    expect(pids(await new ProcessFamily(table, "m").refresh())).toEqual([10]);
  });
});

describe("memory in use", () => {
  const limit = Number.POSITIVE_INFINITY;

  test("one process: what it holds now or held at its peak between two looks", () => {
    const use = new MemoryUse(new FakeTable([], {}, { 1: 500 }));
    expect(use.measure([info(1, { residentBytes: 300 })], limit)).toBe(500);
    expect(use.peakBytes).toBe(500);
  });

  test("several processes: shared pages count once", () => {
    const use = new MemoryUse(new FakeTable([], { 1: 60, 2: 60 }));
    expect(use.measure([info(1, { residentBytes: 100 }), info(2, { residentBytes: 100 })], limit)).toBe(120);
  });

  test("resident memory stands in where shares are not known; nothing measured is not zero", () => {
    const use = new MemoryUse(new FakeTable([]));
    expect(use.peakBytes).toBeUndefined();
    expect(use.measure([info(1, { residentBytes: 100 }), info(2, { residentBytes: 50 })], limit)).toBe(150);
  });
});

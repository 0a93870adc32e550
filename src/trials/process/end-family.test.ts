import { type ChildProcess, spawn } from "node:child_process";
import { expect, test } from "vitest";
import { endFamily } from "./end-family.js";
import { processTable } from "./index.js";
import { ProcessFamily } from "./process-family.js";
import type { ProcessInfo, ProcessTable } from "./process-table.js";

const now = () => performance.now() / 1000;

/** A shell that leads a group of its own, with a child in it whose pid it prints. */
async function groupOfTwo(): Promise<{ leader: ChildProcess; member: number; ended: Promise<unknown> }> {
  const leader = spawn("sh", ["-c", "sleep 30 & echo $!; wait"], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const printed = await new Promise<string>((resolve) =>
    leader.stdout?.once("data", (data: Buffer) => resolve(data.toString())),
  );
  // The pipe closes when the last process that holds it has ended.
  const ended = new Promise((resolve) => leader.stdout?.once("close", resolve));
  return { leader, member: Number(printed), ended };
}

/** Shows what it is told to at each look, the last from then on. */
function tableOf(...looks: readonly (readonly ProcessInfo[])[]): ProcessTable {
  let look = 0;
  return {
    list: async () => looks[Math.min(look++, looks.length - 1)] ?? [],
    peakBytes: () => undefined,
    proportionalBytes: () => undefined,
  };
}

test("a process of the group that no look ever saw is killed with its group", async () => {
  const { leader, member, ended } = await groupOfTwo();
  const all = await processTable().list();
  const seen = all.filter(({ pid }) => pid === leader.pid).map((process) => ({ ...process, mark: "unseen" }));
  expect(seen).toHaveLength(1);
  expect(all.some(({ pid }) => pid === member)).toBe(true);
  const left = await endFamily(new ProcessFamily(tableOf(seen, seen, []), "unseen"), { grace: 0, now });
  expect(left).toEqual([]);
  await ended;
});

test("what cannot be ended is returned when patience is at an end", async () => {
  const immortal: ProcessInfo = {
    pid: 2 ** 30,
    parent: 1,
    group: 1,
    session: 1,
    started: "0",
    zombie: false,
    residentBytes: 0,
    mark: "stuck",
  };
  const family = new ProcessFamily(tableOf([immortal]), "stuck");
  expect(await endFamily(family, { grace: 0, patience: 0.05, now })).toEqual([immortal]);
});

test("nobody there: two looks and done", async () => {
  expect(await endFamily(new ProcessFamily(tableOf([]), "none"), { grace: 60, now })).toEqual([]);
});

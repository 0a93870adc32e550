import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentTuneError } from "../errors.js";
import type { TrialRecord } from "./records.js";
import { diskError } from "./sqlite-failure.js";
import { Store } from "./store.js";

const mountPoint = mkdtempSync(join(tmpdir(), "agent-tune-full-"));
const mounted = process.platform === "linux" && mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", mountPoint);

function mount(...options: string[]): boolean {
  return spawnSync("mount", options).status === 0;
}

afterAll(() => {
  if (mounted) spawnSync("umount", ["-l", mountPoint]);
  rmSync(mountPoint, { recursive: true, force: true });
});

function trial(number: number, state: "queued" | "finished"): TrialRecord {
  const finished = { finishedAt: 2, outcome: { kind: "complete", value: number } } as const;
  return {
    number,
    proposal: { configuration: { x: number }, origin: "random", purpose: "search", reason: "r" },
    derived: {},
    seed: number,
    state,
    attempt: 1,
    mark: `m${number}`,
    queuedAt: 1,
    metrics: {},
    logTail: ["x".repeat(2_000)],
    ...(state === "finished" ? finished : {}),
  };
}

function thrownBy(call: () => void): AgentTuneError {
  try {
    call();
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe.skipIf(!mounted)("a full disk (needs the right to mount a small tmpfs)", () => {
  const folder = join(mountPoint, ".agent-tune");
  const ballast = join(mountPoint, "ballast");
  let store: Store;

  beforeAll(() => {
    store = Store.open(folder, { create: true });
    store.createStudy({
      id: "s",
      name: "s",
      createdAt: 1,
      seed: 1,
      definition: {},
      definitionHash: "",
      status: "open",
    });
    writeFileSync(ballast, Buffer.alloc(300_000));
  });

  it("loses nothing that was saved, says up to where, and goes on when there is space", () => {
    let saved = -1;
    const error = thrownBy(() => {
      for (let number = 0; number < 1_000; number += 1) {
        store.transaction(() => {
          store.insertTrial("s", trial(number, "queued"));
          store.updateTrial("s", trial(number, "finished"));
          store.saveSnapshot("s", 1, JSON.stringify({ number, padding: "p".repeat(10_000) }));
        });
        saved = number;
      }
    });
    expect(saved).toBeGreaterThan(3);
    expect(error.code).toBe("store_full");
    expect(error.message).toContain(`nothing was lost up to trial ${saved}`);
    expect(error.remedy).toContain("agent-tune resume");
    expect(store.trials("s")).toHaveLength(saved + 1);
    expect(store.snapshot("s")?.text).toContain(`"number":${saved},`);

    rmSync(ballast);
    store.insertTrial("s", trial(saved + 1, "queued"));
    expect(store.check()).toEqual([]);
    store.close();

    const again = Store.open(folder);
    expect(again.trials("s")).toHaveLength(saved + 2);
    again.close();
  });

  it("inside a transaction, what is written after a caught failure is not committed by halves", () => {
    const again = Store.open(folder);
    const before = again.trials("s").length;
    writeFileSync(ballast, Buffer.alloc(16));
    const error = thrownBy(() =>
      again.transaction(() => {
        again.insertTrial("s", trial(before, "queued"));
        try {
          again.saveSnapshot("s", 1, JSON.stringify("x".repeat(3_000_000)));
          again.saveSnapshot("s", 1, JSON.stringify("y".repeat(3_000_000)));
        } catch {
          // A caller that hides a failure.
        }
        again.insertTrial("s", trial(before + 1, "queued"));
      }),
    );
    expect(error.code).toBe("store_full");
    expect(again.trials("s")).toHaveLength(before);
    again.close();
  });

  describe("seen through a read-only mount", () => {
    const readonlyMount = mkdtempSync(join(tmpdir(), "agent-tune-readonly-"));

    beforeAll(() => {
      expect(mount("--bind", mountPoint, readonlyMount)).toBe(true);
      expect(mount("-o", "remount,ro,bind", readonlyMount)).toBe(true);
    });

    afterAll(() => {
      spawnSync("umount", ["-l", readonlyMount]);
      rmSync(readonlyMount, { recursive: true, force: true });
    });

    it("cannot be written and says so; it can be looked at, also without a log and its index", () => {
      // A copy, because within one process SQLite goes on using what it has opened for writing before.
      const copy = join(mountPoint, "copy");
      const original = Store.open(folder);
      original.backup(join(copy, "agent-tune.db"));
      original.close();
      const seen = join(readonlyMount, "copy");

      const error = thrownBy(() => Store.open(seen));
      expect(error.code).toBe("store_unwritable");
      expect(error.remedy).toContain("read-only");

      const reader = Store.open(seen, { readonly: true });
      expect(reader.study("s").name).toBe("s");
      expect(thrownBy(() => reader.saveSnapshot("s", 1, "{}")).code).toBe("store_unwritable");
      reader.close();
      expect(readdirSync(copy)).toEqual(["agent-tune.db"]);
    });

    it("cannot take a new folder and says so", () => {
      const error = thrownBy(() => Store.open(join(readonlyMount, "elsewhere"), { create: true }));
      expect(error.code).toBe("store_unwritable");
      expect(error.where).toBe(join(readonlyMount, "elsewhere"));
    });
  });
});

it("a folder whose place is taken by a file is named", () => {
  const parent = mkdtempSync(join(tmpdir(), "agent-tune-taken-"));
  const file = join(parent, ".agent-tune");
  writeFileSync(file, "");
  const error = thrownBy(() => Store.open(file, { create: true }));
  expect(error.code).toBe("store_unwritable");
  expect(statSync(file).size).toBe(0);
  rmSync(parent, { recursive: true });
});

it.each([
  ["SQLITE_FULL", "store_full"],
  ["SQLITE_IOERR_SHMSIZE", "store_full"],
  ["ENOSPC", "store_full"],
  ["EDQUOT", "store_full"],
  ["EACCES", "store_unwritable"],
  ["EROFS", "store_unwritable"],
  ["SQLITE_READONLY_DIRECTORY", "store_unwritable"],
  ["SQLITE_CANTOPEN", "store_unwritable"],
  ["SQLITE_IOERR_FSYNC", "store_unwritable"],
  ["SQLITE_BUSY_SNAPSHOT", "store_unwritable"],
  ["SQLITE_NOTADB", "store_damaged"],
  ["SQLITE_CORRUPT_INDEX", "store_damaged"],
])("%s is told as %s, with where, remedy and cause", (code, expected) => {
  const cause = Object.assign(new Error("x"), { code });
  expect(diskError(cause, "/a/b")).toMatchObject({ code: expected, where: "/a/b", remedy: expect.any(String), cause });
});

it("what is not about the disk stays what it was", () => {
  for (const error of [new TypeError("no"), Object.assign(new Error("x"), { code: "SQLITE_CONSTRAINT" }), "text"]) {
    expect(diskError(error, "/a/b")).toBe(error);
  }
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AgentTuneError } from "../errors.js";
import { RandomStream } from "../math/random.js";
import { Store } from "./store.js";

/*
 * Real processes, really killed. A longer run: AGENT_TUNE_KILLS=500 npx vitest run src/store/kill-9.test.ts
 */
const kills = Number(process.env.AGENT_TUNE_KILLS ?? 20);

const repository = fileURLToPath(new URL("../../", import.meta.url));
let compiled: string;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  compiled = mkdtempSync(join(tmpdir(), "agent-tune-compiled-"));
  compile(join(repository, "src/store/store.ts"));
  symlinkSync(join(repository, "node_modules"), join(compiled, "node_modules"));
  writeFileSync(join(compiled, "package.json"), '{"type":"module"}');
  writeFileSync(join(compiled, "child.js"), child);
});

afterAll(() => rmSync(compiled, { recursive: true, force: true }));

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "agent-tune-kill-")), ".agent-tune");
});

afterEach(() => {
  for (const each of children.splice(0)) each.kill("SIGKILL");
  rmSync(dirname(folder), { recursive: true, force: true });
});

/** What the killed process runs; it says on standard output what it may rely on. */
const child = `
import { writeSync } from "node:fs";
import { hostname } from "node:os";
import { Store } from "./src/store/store.js";
const [, , folder, study, role] = process.argv;
const store = Store.open(folder, { create: true });
const say = (line) => writeSync(1, line + "\\n");
const hold = () => store.hold(study, { pid: process.pid, host: hostname(), now: 1763600000000 });

if (role === "hold") {
  hold();
  say("held");
  setInterval(() => {}, 1000);
} else if (role === "try") {
  try {
    hold();
    say("held");
  } catch (error) {
    say(error.code + " " + error.message);
  }
} else {
  hold();
  const first = store.trials(study).length;
  for (let number = first; ; number += 1) {
    const queued = {
      number, seed: number, state: "queued", attempt: 1, mark: "m" + number, queuedAt: number, derived: {}, metrics: {},
      logTail: [],
      proposal: { configuration: { x: number }, origin: "random", purpose: "search", reason: "r" },
    };
    store.transaction(() => {
      store.insertTrial(study, queued);
      store.saveSnapshot(study, 1, JSON.stringify({ number, state: "queued", padding: "p".repeat(20000) }));
      store.appendEvent(study, { at: number, type: "trial_queued", trial: number, data: {} });
    });
    say("queued " + number);
    store.appendObservations(study, number, 1, [{ metric: "loss", step: 0, value: number, seconds: 0 }]);
    store.transaction(() => {
      store.updateTrial(study, { ...queued, state: "finished", outcome: { kind: "complete", value: number } });
      store.saveSnapshot(study, 1, JSON.stringify({ number, state: "finished", padding: "p".repeat(20000) }));
      store.appendEvents(study, ["a", "b", "trial_finished"].map((type) => ({ at: number, type, trial: number, data: {} })));
    });
    say("finished " + number);
  }
}
`;

/** Compiles a module and everything it imports from this repository. */
function compile(file: string, done = new Set<string>()): void {
  if (done.has(file)) return;
  done.add(file);
  const source = readFileSync(file, "utf8");
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  const target = join(compiled, relative(repository, file)).replace(/\.ts$/, ".js");
  mkdirSync(dirname(target), { recursive: true });
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  writeFileSync(target, outputText);
  for (const [, path] of outputText.matchAll(/from "(\.[^"]+)\.js"/g)) {
    compile(`${resolve(dirname(file), path ?? "")}.ts`, done);
  }
}

function start(study: string, role: string): ChildProcess {
  const process_ = spawn(process.execPath, [join(compiled, "child.js"), folder, study, role], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(process_);
  return process_;
}

/** Lines of a process until it has said `count` of them or has ended. */
async function lines(from: ChildProcess, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const said: string[] = [];
  if (from.stdout === null) return said;
  for await (const line of createInterface({ input: from.stdout })) {
    said.push(line);
    if (said.length === count) break;
  }
  return said;
}

/** What a process says, until it has said `enough` lines and is killed, and what was still in the pipe then. */
async function untilKilled(controller: ChildProcess, enough: number): Promise<readonly string[]> {
  const said: string[] = [];
  const exited = once(controller, "exit");
  if (controller.stdout === null) return said;
  for await (const line of createInterface({ input: controller.stdout })) {
    said.push(line);
    if (said.length === enough) controller.kill("SIGKILL");
  }
  await exited;
  return said;
}

async function kill(which: ChildProcess): Promise<void> {
  const exited = once(which, "exit");
  which.kill("SIGKILL");
  await exited;
}

function createStudies(...ids: string[]): void {
  const store = Store.open(folder, { create: true });
  for (const id of ids) {
    store.createStudy({ id, name: id, createdAt: 1, seed: 1, definition: {}, definitionHash: "", status: "open" });
  }
  store.close();
}

describe("kill -9 of a controller", () => {
  it(
    `loses nothing that was acknowledged, in ${kills} kills with two controllers on one database`,
    async () => {
      createStudies("one", "two");
      const random = RandomStream.fromSeed(7);
      const acknowledged = new Map(["one", "two"].map((study) => [study, { queued: [-1], finished: [-1] }]));
      for (let round = 0; round < kills; round += 2) {
        await Promise.all(
          [...acknowledged].map(async ([study, said]) => {
            const controller = start(study, "work");
            // Where in its work it is hit is the kernel's choice; how far it gets before, the seed's.
            const enough = 1 + Math.floor(random.uniform() * 80);
            for (const line of await untilKilled(controller, enough)) {
              const [state, number] = line.split(" ");
              if (state === "queued" || state === "finished") said[state].push(Number(number));
            }
          }),
        );
        const store = Store.open(folder, { readonly: true });
        expect(store.check()).toEqual([]);
        for (const [study, said] of acknowledged) {
          const trials = store.trials(study);
          const finished = trials.filter((trial) => trial.state === "finished");
          const numbers = new Set(finished.map((trial) => trial.number));
          expect(Math.max(...said.queued)).toBeLessThan(trials.length);
          expect(said.finished.filter((number) => number >= 0 && !numbers.has(number))).toEqual([]);
          // Trial, snapshot and events of one durable point stand or fall together.
          const snapshot: unknown = JSON.parse(store.snapshot(study)?.text ?? "{}");
          expect(snapshot).toMatchObject({ number: trials.at(-1)?.number, state: trials.at(-1)?.state });
          const events = store.events(study);
          expect(events.filter((event) => event.type === "trial_queued")).toHaveLength(trials.length);
          expect(events.filter((event) => event.type === "trial_finished")).toHaveLength(finished.length);
        }
        store.close();
      }
    },
    30_000 + kills * 3_000,
  );
});

describe("one controller a study", () => {
  it("the second is told who has it; after kill -9 of the first the study is free", async () => {
    createStudies("one", "two");
    const first = start("one", "hold");
    expect(await lines(first, 1)).toEqual(["held"]);

    const told = (await lines(start("one", "try"))).join();
    expect(told).toContain(`study_held Study one is being worked on by process ${first.pid} on ${hostname()}`);
    expect(told).toContain("2025-11-20T00:53:20.000Z");
    expect(await lines(start("two", "try"))).toEqual(["held"]);

    const store = Store.open(folder, { readonly: true });
    expect(store.holder("one")).toEqual({ pid: first.pid, host: hostname(), since: 1_763_600_000_000 });
    expect(store.holder("two")).toBeUndefined();

    await kill(first);
    expect(existsSync(join(folder, "studies", "one", "controller.json"))).toBe(true);
    expect(store.holder("one")).toBeUndefined();
    expect(await lines(start("one", "try"))).toEqual(["held"]);
    store.close();
  });

  it("holds within one process too, until it is released", () => {
    createStudies("one");
    const store = Store.open(folder);
    const holder = { pid: process.pid, host: "here", now: 1 };
    const hold = store.hold("one", holder);
    expect(() => store.hold("one", holder)).toThrow(AgentTuneError);
    hold.release();
    hold.release();
    store.hold("one", holder).release();
    expect(() => store.hold("nope", holder)).toThrow(/no study nope/);
    store.close();
  });

  it("is refused without words about the holder where those cannot be read", () => {
    createStudies("one");
    const store = Store.open(folder);
    const hold = store.hold("one", { pid: 1, host: "here", now: 1 });
    writeFileSync(join(folder, "studies", "one", "controller.json"), "{half");
    expect(store.holder("one")).toBe("unknown");
    expect(() => store.hold("one", { pid: 2, host: "here", now: 1 })).toThrow(/another process/);
    hold.release();
    expect(store.holder("one")).toBeUndefined();
    store.close();
  });
});

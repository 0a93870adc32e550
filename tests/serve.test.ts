import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { RandomStream } from "../src/math/random.js";
import { studyParameters } from "../src/serve/study-request.js";
import { resultFields } from "../src/serve/told-trial.js";
import { agentTune, cleanEnvironment, program, projectFolder, trialsOf, until } from "./cli.js";

// Whole programs run here; nothing is decided by how long they take.
vi.setConfig({ testTimeout: 120_000 });

const children = new Set<ChildProcess>();
afterEach(() => {
  // Only where a test failed half way.
  for (const child of children) child.kill("SIGKILL");
});

const answerSchema = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]),
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.object({ code: z.string(), where: z.string().optional(), remedy: z.string().optional() }),
    })
    .optional(),
});
type Answer = z.infer<typeof answerSchema>;

class NoAnswer extends Error {}

/** One running `agent-tune serve`. */
class Served {
  private readonly child;
  private readonly waiting: ((line: string | undefined) => void)[] = [];
  private readonly lines: string[] = [];
  private closed = false;
  private lastId = 0;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stderr = "";

  constructor(cwd: string) {
    this.child = spawn(process.execPath, [program, "serve"], { cwd, env: cleanEnvironment(), stdio: "pipe" });
    children.add(this.child);
    this.child.stdin.on("error", () => {});
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    const reader = createInterface({ input: this.child.stdout });
    reader.on("line", (line) => {
      const waiting = this.waiting.shift();
      if (waiting === undefined) this.lines.push(line);
      else waiting(line);
    });
    reader.on("close", () => {
      this.closed = true;
      for (const waiting of this.waiting.splice(0)) waiting(undefined);
    });
    this.ended = new Promise((done) => {
      this.child.on("close", (code, signal) => {
        children.delete(this.child);
        done({ code, signal });
      });
    });
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  async line(): Promise<unknown> {
    const next = this.lines.shift();
    const line = next ?? (this.closed ? undefined : await new Promise<string | undefined>((r) => this.waiting.push(r)));
    if (line === undefined) throw new NoAnswer("the program has ended");
    return JSON.parse(line);
  }

  async answer(): Promise<Answer> {
    return answerSchema.parse(await this.line());
  }

  async call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.lastId;
    this.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const answer = await this.answer();
    expect(answer.id).toBe(id);
    if (answer.error !== undefined) throw new Error(answer.error.message);
    return answer.result;
  }

  end(): void {
    this.child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  onExit(tell: (code: number | null) => void): void {
    if (this.child.exitCode !== null) tell(this.child.exitCode);
    else this.child.on("exit", tell);
  }

  stopReading(): void {
    this.child.stdout.pause();
  }

  closeOutput(): void {
    this.child.stdout.destroy();
  }
}

const space = {
  parameters: {
    lr: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-4 },
    layers: { type: "int", low: 1, high: 8, default: 2 },
    kind: { type: "categorical", choices: ["a", "b"] },
  },
};
const configuration = z.object({ lr: z.number(), layers: z.number(), kind: z.string() });
const askedSchema = z.object({ trials: z.array(z.object({ trial: z.number(), configuration })) });
type Asked = z.infer<typeof askedSchema>["trials"][number];
const openedSchema = z.object({ study: z.string(), trials: z.number(), pending: askedSchema.shape.trials });

const lossOf = ({ lr, layers }: z.infer<typeof configuration>): number =>
  (Math.log10(lr) + 2) ** 2 + 0.1 * (layers - 5) ** 2;

/** What telling a trial says: every fifth one fails. */
function resultOf({ trial, configuration: values }: Asked): object {
  return trial % 5 === 3 ? { trial, failure: "out_of_memory" } : { trial, value: lossOf(values) };
}

describe("agent-tune serve", () => {
  it("answers requests, batches and bad lines, and ends with its input", async () => {
    const served = new Served(projectFolder());
    const request = { jsonrpc: "2.0", id: "a", method: "study.create", params: { space, optimizer: "random" } };
    served.write("{nonsense\n");
    served.write(`${JSON.stringify([request, { ...request, id: "b" }, { jsonrpc: "2.0", method: "about" }])}\n`);
    served.write(`${JSON.stringify({ ...request, method: "study.destroy" })}\n`);
    served.write('{"jsonrpc":"2.0","id":9,"method":"ask","params":{"study":"memory-2","count":2}}');
    served.end();
    expect(await served.answer()).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await served.line()).toMatchObject([
      { id: "a", result: { study: "memory-1" } },
      { id: "b", result: { study: "memory-2" } },
    ]);
    expect(await served.answer()).toMatchObject({ id: "a", error: { code: -32601 } });
    expect(await served.answer()).toMatchObject({ id: 9, result: { trials: [{ trial: 0 }, { trial: 1 }] } });
    expect(await served.ended).toEqual({ code: 0, signal: null });
    expect(served.stderr).toBe("");
  });

  it("ends when it is told to, and cleanly by a signal", async () => {
    const cwd = projectFolder();
    const shut = new Served(cwd);
    expect(await shut.call("shutdown")).toEqual({});
    expect(await shut.ended).toEqual({ code: 0, signal: null });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const served = new Served(cwd);
      await served.call("study.create", { space, durable: true });
      served.kill(signal);
      expect(await served.ended).toEqual({ code: 130, signal: null });
      expect(served.stderr).toBe("");
    }
    // They gave their studies free.
    const next = new Served(cwd);
    expect(openedSchema.parse(await next.call("study.open")).trials).toBe(0);
    next.end();
    await next.ended;
  });

  it("ends quietly when nobody reads its answers any more", async () => {
    const served = new Served(projectFolder());
    await served.call("about");
    served.closeOutput();
    for (let i = 0; i < 10; i++) served.write('{"jsonrpc":"2.0","id":1,"method":"about"}\n');
    expect(await served.ended).toEqual({ code: 0, signal: null });
    expect(served.stderr).toBe("");
  });

  it("waits for a client that does not read, and can still be ended", async () => {
    const served = new Served(projectFolder());
    await served.call("study.create", { space, optimizer: "random" });
    served.stopReading();
    const flood = '{"jsonrpc":"2.0","id":1,"method":"about"}\n'.repeat(5000);
    served.write(flood);
    // Answers to all of it are several megabytes, more than a pipe takes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    served.kill("SIGTERM");
    expect((await exitOf(served)).code).toBe(130);
  });

  it("refuses a line that is too long and goes on", async () => {
    const served = new Served(projectFolder());
    const part = "x".repeat(1024 * 1024);
    for (let i = 0; i < 17; i++) served.write(part);
    served.write("\n");
    expect(await served.answer()).toMatchObject({ id: null, error: { code: -32700, message: /longer than/ } });
    expect(await served.call("about")).toMatchObject({ name: "agent-tune" });
    served.end();
    expect(await served.ended).toEqual({ code: 0, signal: null });
  });

  it("keeps durable studies where the other commands find them", async () => {
    const cwd = projectFolder();
    const served = new Served(cwd);
    const { study } = openedSchema.parse(
      await served.call("study.create", { space, durable: true, name: "elsewhere", start: "defaults" }),
    );
    for (let i = 0; i < 8; i++) await step(served, study);
    // While it is worked on.
    for (const command of [["status"], ["trials"], ["best"], ["show", "3"], ["report"]]) {
      expect(await agentTune(command, { cwd }), command.join(" ")).toMatchObject({ code: 0, stderr: "" });
    }
    expect(await agentTune(["status"], { cwd })).toMatchObject({ stdout: expect.stringContaining("elsewhere") });
    const trials = await trialsOf(cwd);
    expect(trials.map(({ state }) => state)).toEqual(Array(8).fill("finished"));
    expect(trials[3]?.outcome).toMatchObject({ failure: "out_of_memory" });
    // What runs its trials is another program: this one does not take it over.
    expect(await agentTune(["resume"], { cwd })).toMatchObject({ code: 2 });
    served.end();
    await served.ended;
  });

  const kills = Number(process.env["AGENT_TUNE_KILLS"] ?? 8);
  it(`survives kill -9 at any moment with nothing acknowledged lost and identical proposals (${kills} kills)`, async () => {
    const total = 60;
    const options = { space, seed: 5, start: "defaults" };
    const memory = new Served(projectFolder());
    const { study: whole } = openedSchema.parse(await memory.call("study.create", options));
    const expected: Asked[] = [];
    for (let i = 0; i < total; i++) expected.push(await step(memory, whole));
    memory.end();
    await memory.ended;

    const random = RandomStream.fromSeed(20261120);
    const cwd = projectFolder();
    const first = new Served(cwd);
    const { study } = openedSchema.parse(await first.call("study.create", { ...options, durable: true }));
    first.kill("SIGKILL");
    await first.ended;
    let killed = 1;
    let acknowledged = 0;
    for (;;) {
      const served = new Served(cwd);
      try {
        const { pending, trials } = openedSchema.parse(await served.call("study.open", { study }));
        expect(trials - pending.length).toBeGreaterThanOrEqual(acknowledged);
        expect(pending.length).toBeLessThanOrEqual(1);
        acknowledged = trials - pending.length;
        if (killed < kills) setTimeout(() => served.kill("SIGKILL"), random.integer(120));
        for (const asked of pending) {
          await served.call("tell", { study, ...resultOf(asked) });
          acknowledged++;
        }
        while (acknowledged < total) {
          await step(served, study);
          acknowledged++;
        }
        served.end();
        await served.ended;
        break;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        expect(await served.ended).toEqual({ code: null, signal: "SIGKILL" });
        killed++;
      }
    }
    expect(killed).toBeGreaterThan(1);
    const stored = await trialsOf(cwd);
    expect(stored.map(({ number, proposal }) => ({ trial: number, configuration: proposal.configuration }))).toEqual(
      expected,
    );
  });
});

describe("docs/serve.md", () => {
  const page = readFileSync(join(import.meta.dirname, "..", "docs", "serve.md"), "utf8");
  const section = (heading: string): string => page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const names = (text: string): string[] => [...text.matchAll(/^\| `([\w.]+)` \|/gm)].map((match) => match[1] ?? "");

  it("shows a session as it is", async () => {
    const [, shown = ""] = /^```text session\n(.*?)^```$/ms.exec(page) ?? [];
    const lines = shown.trim().split("\n");
    const served = new Served(projectFolder());
    for (const line of lines.filter((each) => each.startsWith("> "))) served.write(`${line.slice(2)}\n`);
    const answers = lines.filter((each) => each.startsWith("< "));
    expect(answers.length).toBeGreaterThan(5);
    for (const answer of answers) expect(await served.line()).toEqual(JSON.parse(answer.slice(2)));
    expect(await served.ended).toEqual({ code: 0, signal: null });
  });

  it("lists every method, and every parameter that a study and a result have", async () => {
    const served = new Served(projectFolder());
    const { methods } = z.object({ methods: z.array(z.string()) }).parse(await served.call("about"));
    expect(names(section("Methods")).sort()).toEqual(methods.sort());
    expect(names(section("A study")).sort()).toEqual([...studyParameters].sort());
    expect(names(section("A result")).sort()).toEqual([...resultFields].sort());
    served.end();
    await served.ended;
  });
});

async function step(served: Served, study: string): Promise<Asked> {
  const [asked] = askedSchema.parse(await served.call("ask", { study })).trials;
  if (asked === undefined) throw new Error("nothing was asked for");
  await served.call("tell", { study, ...resultOf(asked) });
  return asked;
}

/** The end of a process whose output nobody reads: its pipes close only when they are let go. */
async function exitOf(served: Served): Promise<{ readonly code: number | null }> {
  let code: number | null | undefined;
  served.onExit((ended) => {
    code = ended;
  });
  await until(() => code !== undefined);
  served.closeOutput();
  return { code: code ?? null };
}

const python = ["python3", "python"].find((name) => {
  const said = spawnSync(name, ["-c", "import sys; print(sys.version_info >= (3, 8))"], { encoding: "utf8" });
  return said.stdout?.trim() === "True";
});

describe.skipIf(python === undefined)("the Python client (skipped where there is no Python 3.8)", () => {
  it("passes its tests, the examples of its README among them", async () => {
    const folder = resolve(import.meta.dirname, "..", "clients", "python");
    const env = { ...cleanEnvironment({ AGENT_TUNE: program }), PYTHONDONTWRITEBYTECODE: "1" };
    const child = spawn(python ?? "", ["-W", "error::ResourceWarning", "-m", "unittest"], {
      cwd: folder,
      env,
      stdio: "pipe",
    });
    children.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    const code = await new Promise((done) => child.on("close", done));
    children.delete(child);
    rmSync(join(folder, "__pycache__"), { recursive: true, force: true });
    expect(said).toMatch(/Ran \d{2,} tests/);
    expect({ code, said }).toEqual({ code: 0, said });
  });
});

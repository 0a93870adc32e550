import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ExitCode } from "../src/errors.js";
import { type Summary, summarySchema } from "../src/study/summary.js";
import {
  agentTune,
  cleanEnvironment,
  edit,
  inProcess,
  processesWith,
  program,
  projectFolder,
  start,
  until,
} from "./cli.js";

const trialSchema = z.object({
  number: z.number(),
  state: z.string(),
  seed: z.number(),
  attempt: z.number(),
  proposal: z.object({
    configuration: z.record(z.string(), z.unknown()),
    origin: z.string(),
    purpose: z.string(),
    replicateOf: z.number().optional(),
  }),
  outcome: z.object({ kind: z.string(), value: z.number().optional(), failure: z.string().optional() }).optional(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
});
const trialsSchema = z.object({
  schema: z.literal("agent-tune/trials/1"),
  study: z.string(),
  trials: z.array(trialSchema),
});
type Trial = z.infer<typeof trialSchema>;

async function trialsOf(cwd: string): Promise<readonly Trial[]> {
  return trialsSchema.parse(JSON.parse((await inProcess(["trials", "--json"], { cwd })).stdout)).trials;
}

/** What a disturbed study must have in common with an undisturbed one. */
function fingerprint(trials: readonly Trial[]): readonly unknown[] {
  return trials.map(({ number, proposal, seed, outcome }) => ({ number, proposal, seed, outcome }));
}

function summaryOf(stdout: string): Summary {
  return summarySchema.parse(JSON.parse(stdout));
}

const fast = { TOY_MS: "5" };
/** Long enough to be caught at work on any machine; nothing waits for it to end. */
const slow = { TOY_MS: "1500" };

describe("a study from start to end", () => {
  let cwd = "";
  let run: Awaited<ReturnType<typeof agentTune>>;
  let files: { readonly report: string; readonly chart: string };
  const views = new Map<string, Awaited<ReturnType<typeof inProcess>>>();

  // One study for all of them, looked at before the folder goes.
  beforeAll(async () => {
    cwd = projectFolder("toy");
    run = await agentTune(["run", "--json"], { cwd, env: fast });
    for (const view of ["status", "trials", "best", "show 3", "report", "recording"]) {
      for (const flag of ["", " --json"]) views.set(view + flag, await inProcess(`${view}${flag}`.split(" "), { cwd }));
    }
    const report = summaryOf(run.stdout).report ?? "";
    files = { report: readFileSync(report, "utf8"), chart: join(report, "..", "report.svg") };
    expect(existsSync(files.chart)).toBe(true);
  }, 60_000);

  const json = (view: string): unknown => JSON.parse(views.get(`${view} --json`)?.stdout ?? "");

  it("prints the summary and nothing else on standard output, its progress on standard error", () => {
    expect(run.code).toBe(0);
    const summary = summaryOf(run.stdout);
    expect(summary).toMatchObject({
      study: { name: "toy", status: "finished", stop: { reason: "trials_used" } },
      trials: { search: expect.any(Number), final: 4, unfinished: 0 },
      cost: { calls: 0, usd: 0 },
    });
    expect(summary.trials.search + summary.trials.replicate).toBe(12);
    expect(summary.best?.fresh?.values).toHaveLength(2);
    expect(run.stderr).toMatch(/^starting study toy .*12 trials, cma-es with built-in rules \(no model\)$/m);
    for (let number = 0; number < 12; number++)
      expect(run.stderr).toMatch(new RegExp(`^\\[ *${number + 1}/12\\] trial ${number} `, "m"));
    expect(run.stderr).not.toMatch(/[{}]/);
  });

  it("every view answers on standard output alone, for people and as JSON", () => {
    for (const [view, { code, stdout, stderr }] of views) {
      expect([view, code, stderr]).toEqual([view, 0, ""]);
      // Nobody was asked, so that there is nothing to record.
      if (view.startsWith("recording")) expect(stdout).toBe("");
      else if (view.endsWith("--json"))
        expect(JSON.parse(stdout)).toMatchObject({ schema: expect.stringMatching(/^agent-tune\/\w+\/1$/) });
      else expect(stdout.length).toBeGreaterThan(20);
      expect(stdout).not.toMatch(/undefined|NaN|\[object/);
      // No colour where nobody watches.
      expect(stdout).not.toContain("\u001b");
    }
  });

  it("tells one story in all of them", () => {
    const summary = summaryOf(run.stdout);
    const status = z.looseObject({ controller: z.null(), running: z.array(z.number()) }).parse(json("status"));
    expect(status.running).toEqual([]);
    expect(summarySchema.parse(status)).toEqual({ ...summary, report: null });
    const { trials } = trialsSchema.parse(json("trials"));
    expect(trials).toHaveLength(summary.trials.total);
    expect(json("best")).toMatchObject({ trial: summary.best?.trial, configuration: summary.best?.configuration });
    expect(json("show 3")).toMatchObject({
      number: 3,
      proposal: trials[3]?.proposal,
      outcome: trials[3]?.outcome,
      observations: expect.arrayContaining([expect.objectContaining({ metric: "loss", step: 1 })]),
    });
    expect(views.get("report")?.stdout.trim()).toBe(summary.report);
    expect(files.report).toContain(summary.study.id);
    for (const [name, value] of Object.entries(summary.best?.configuration ?? {})) {
      expect(views.get("best")?.stdout).toContain(`--${name}=${value}`);
    }
    // How trials are recognised among the processes of the machine is nobody else's business.
    expect(JSON.stringify(trials)).not.toContain('"mark"');
  });

  it("says the truth about its values: they can be recomputed by hand", async () => {
    const { trials } = trialsSchema.parse(json("trials"));
    for (const { proposal, seed, outcome } of trials) {
      const { lr, width } = proposal.configuration as { lr: number; width: number };
      const noise = ((seed % 1000) / 1000 - 0.5) * 0.02;
      const loss = 2 + (Math.log10(lr) + 2) ** 2 + 0.3 * (Math.log2(width) - 7) ** 2 + noise;
      if (width >= 512) expect(outcome).toMatchObject({ kind: "failed", failure: "out_of_memory" });
      else expect(outcome?.value).toBeCloseTo(loss, 10);
    }
  });
});

describe("flags of run", () => {
  const originsOf = (trials: readonly Trial[]) =>
    trials.filter(({ proposal }) => proposal.purpose === "search").map(({ proposal }) => proposal.origin);

  it("--advisor none leaves the proposals to the optimizer, --optimizer random to chance", async () => {
    for (const [flags, origin] of [
      [["--advisor", "none"], "cma-es"],
      [["--advisor", "none", "--optimizer", "random"], "random"],
    ] as const) {
      const cwd = projectFolder("toy");
      const { code, stdout } = await agentTune(["run", "--json", "--trials", "6", ...flags], { cwd, env: fast });
      expect(code).toBe(0);
      expect(summaryOf(stdout)).toMatchObject({ advisor: null, optimizer: origin });
      const [first, ...rest] = originsOf(await trialsOf(cwd));
      expect(first).toBe("default");
      expect(new Set(rest)).toEqual(new Set([origin]));
    }
  });

  it("--share 0.3 gives the advisor three turns of ten, no more and no fewer", async () => {
    const cwd = projectFolder("toy");
    edit(join(cwd, "agent-tune.yaml"), "noise: {", "noise: { replicates: off, ");
    expect(await agentTune(["run", "--share", "0.3", "--trials", "21"], { cwd, env: fast })).toMatchObject({ code: 0 });
    const origins = originsOf(await trialsOf(cwd));
    expect(origins).toHaveLength(21);
    // After the default: 20 turns, of which 6 are the advisor's.
    expect(origins.filter((origin) => origin.startsWith("rules"))).toHaveLength(6);
    expect(origins.slice(1, 11).filter((origin) => origin.startsWith("rules"))).toHaveLength(3);
  });

  it("--parallel 3 keeps three trials at work, never more, and the budget is kept to the trial", async () => {
    const cwd = projectFolder("toy");
    const { code, stdout } = await agentTune(["run", "--parallel", "3", "--trials", "7", "--json"], {
      cwd,
      env: { TOY_MS: "50" },
    });
    expect(code).toBe(0);
    const { trials } = summaryOf(stdout);
    expect(trials.search + trials.replicate).toBe(7);
    const spans = (await trialsOf(cwd)).map(({ startedAt = Number.NaN, finishedAt = Number.NaN }) => ({
      startedAt,
      finishedAt,
    }));
    const atWork = spans.map(
      ({ startedAt: at }) => spans.filter(({ startedAt, finishedAt }) => startedAt <= at && at < finishedAt).length,
    );
    expect(Math.max(...atWork)).toBe(3);
  });

  it("--time ends the search when it is over, whatever is left of the trials", async () => {
    const cwd = projectFolder("toy");
    const { code, stdout } = await agentTune(["run", "--time", "1s", "--trials", "10000", "--json"], {
      cwd,
      env: fast,
    });
    expect(code).toBe(0);
    const summary = summaryOf(stdout);
    expect(summary.study.stop).toMatchObject({ reason: "time_used" });
    expect(summary.seconds).toBeGreaterThanOrEqual(1);
    expect(summary.trials).toMatchObject({ final: expect.any(Number), unfinished: 0 });
  });

  it("a second run is a study of its own, and says that the first is unfinished", async () => {
    const cwd = projectFolder("toy");
    const first = start(["run"], { cwd, env: slow });
    await until(() => first.errorSoFar().includes("starting study"));
    first.process.kill("SIGKILL");
    await first.ended;
    const second = await agentTune(["run", "--json", "--trials", "1"], { cwd, env: fast });
    expect(second.code).toBe(0);
    const [, unfinished] =
      /^note: study (\S+) of the same name is unfinished.*agent-tune resume \1$/m.exec(second.stderr) ?? [];
    expect(unfinished).toBeDefined();
    expect(summaryOf(second.stdout).study.id).not.toBe(unfinished);
    const status = await inProcess(["status", unfinished ?? "", "--json"], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({ study: { id: unfinished, status: "open" }, controller: null });
  });
});

describe("interrupting", () => {
  const undisturbed: { trials: readonly Trial[] } = { trials: [] };
  beforeAll(async () => {
    const cwd = projectFolder("toy");
    expect(await agentTune(["run", "--trials", "6"], { cwd, env: fast })).toMatchObject({ code: 0 });
    undisturbed.trials = await trialsOf(cwd);
  }, 60_000);

  /** A study whose second trial is at work, the rest of it slow. */
  async function atWork(
    mark: string,
  ): Promise<{ readonly cwd: string; readonly running: ReturnType<typeof start>; readonly mark: string }> {
    const cwd = projectFolder("toy");
    // The first trial is quick, so that what is interrupted has something to lose.
    edit(join(cwd, "train.mjs"), "process.env.TOY_MS ?? 30", "(values.lr === '0.001' ? 5 : process.env.TOY_MS)");
    const running = start(["run", "--trials", "6", "--json"], { cwd, env: { ...slow, TOY_MARK: mark } });
    await until(() => /trial 0 .*loss/.test(running.errorSoFar()));
    await until(() => processesWith(mark).length >= 2);
    return { cwd, running, mark };
  }

  it.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
    "%s ends cleanly: the trial at work goes back to the queue, resume finishes as if nothing had happened",
    async (signal) => {
      const { cwd, running, mark } = await atWork(`clean-${signal}-${process.pid}`);
      running.process.kill(signal);
      const { code, stdout, stderr } = await running.ended;
      expect(code).toBe(ExitCode.interrupted);
      expect(summaryOf(stdout)).toMatchObject({
        study: { status: "open" },
        trials: { complete: 1, failed: 0, unfinished: 1 },
      });
      expect(stderr).toMatch(/Ending cleanly/);
      expect(stderr).toMatch(/^Interrupted; nothing is lost\. Go on with: agent-tune resume \S+$/m);
      expect(stderr).not.toMatch(/^error:/m);
      expect(processesWith(mark)).toEqual([]);
      expect((await trialsOf(cwd)).map(({ state, attempt }) => [state, attempt])).toEqual([
        ["finished", 1],
        ["queued", 2],
      ]);

      // What follows is the same for all of them.
      if (signal !== "SIGINT") return;
      const resumed = await agentTune(["resume", "--json"], { cwd, env: fast });
      expect(resumed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^resuming study toy/) });
      expect(fingerprint(await trialsOf(cwd))).toEqual(fingerprint(undisturbed.trials));
    },
  );

  it("Ctrl-C twice ends at once, without a process left, and resume finishes as if nothing had happened", async () => {
    const { cwd, running, mark } = await atWork(`twice-${process.pid}`);
    running.process.kill("SIGINT");
    await until(() => running.errorSoFar().includes("Ending cleanly"));
    running.process.kill("SIGINT");
    const { code, stdout } = await running.ended;
    expect(code).toBe(ExitCode.interrupted);
    expect(stdout === "" || summaryOf(stdout).study.status === "open").toBe(true);
    await until(() => processesWith(mark).length === 0);
    expect(await agentTune(["resume"], { cwd, env: fast })).toMatchObject({ code: 0 });
    expect(fingerprint(await trialsOf(cwd))).toEqual(fingerprint(undisturbed.trials));
  });

  it("twice against a trial that ignores every signal it can, and closed pipes", async () => {
    const cwd = projectFolder("toy");
    edit(join(cwd, "agent-tune.yaml"), "limits: { time: 20s }", "limits: { time: 1h, grace: 1h }");
    writeFileSync(
      join(cwd, "train.mjs"),
      `import { writeFileSync } from "node:fs";
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
      setInterval(() => {}, 1000);
      writeFileSync("deaf", "");`,
    );
    const mark = `deaf-${process.pid}`;
    const running = start(["run"], { cwd, env: { TOY_MARK: mark } });
    try {
      await until(() => existsSync(join(cwd, "deaf")));
      running.process.kill("SIGINT");
      await until(() => running.errorSoFar().includes("Ending cleanly"));
      running.process.kill("SIGINT");
      expect(await running.ended).toMatchObject({ code: ExitCode.interrupted, stdout: "" });
      await until(() => processesWith(mark).length === 0);
    } finally {
      for (const pid of processesWith(mark)) process.kill(pid, "SIGKILL");
    }
    expect((await trialsOf(cwd)).map(({ state }) => state)).toEqual(["running"]);
    expect(JSON.parse((await inProcess(["status", "--json"], { cwd })).stdout)).toMatchObject({
      controller: null,
      running: [],
    });
  });
});

describe("a folder that is not the study's", () => {
  it("a study elsewhere is named with the folder that finds it again", async () => {
    const folder = projectFolder("toy");
    const cwd = projectFolder();
    const mark = `elsewhere-${process.pid}`;
    const running = start(["run", "--config", join(folder, "agent-tune.yaml")], {
      cwd,
      env: { ...slow, TOY_MARK: mark },
    });
    await until(() => running.errorSoFar().includes("starting study") && processesWith(mark).length >= 2);
    running.process.kill("SIGINT");
    const { stderr } = await running.ended;
    const [, id = "", where = ""] = /agent-tune resume (\S+) -C (\S+)$/m.exec(stderr) ?? [];
    expect(await inProcess(["status", id, "-C", where], { cwd })).toMatchObject({ code: 0, stderr: "" });
    expect(await inProcess(["status", id], { cwd: join(folder, ".agent-tune", "studies") })).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  it("what comes next can be copied as it stands, from there and for a study that is not the newest", async () => {
    const folder = projectFolder("toy");
    const cwd = projectFolder();
    // A study of its own in this folder must not be taken for the other.
    const own = projectFolder("toy");
    const config = join(folder, "agent-tune.yaml");
    const older = await agentTune(["run", "--config", config, "--trials", "2", "--json"], { cwd: own, env: fast });
    const { id } = summaryOf(older.stdout).study;
    const run = await agentTune(["run", "--config", config, "--trials", "2"], { cwd, env: fast });
    expect(run.code).toBe(0);
    const outputs = [
      run.stdout,
      (await inProcess(["status", "-C", folder], { cwd })).stdout,
      (await inProcess(["status", id, "-C", folder], { cwd })).stdout,
    ];
    const commands = outputs.map((text) =>
      [...(text.split(/^Next/m)[1] ?? "").matchAll(/agent-tune (.*?-C \S+)/g)].map(([, command = ""]) => command),
    );
    expect(commands.map((each) => each.length)).toEqual([2, 3, 3]);
    expect(commands[2]?.every((command) => command.includes(id))).toBe(true);
    for (const command of commands.flat()) {
      const { code, stdout, stderr } = await inProcess(command.split(" "), { cwd });
      expect([command, code]).toEqual([command, 0]);
      if (command.includes(id)) expect(`${stdout}${stderr}`).toMatch(/toy|report\.md/);
    }
  });

  it("removed while the study is at work ends the study with one message", async () => {
    const cwd = projectFolder("toy");
    const mark = `removed-${process.pid}`;
    const running = start(["run"], { cwd, env: { TOY_MS: "400", TOY_MARK: mark } });
    await until(() => /trial 0 .*loss/.test(running.errorSoFar()));
    await until(() => processesWith(mark).length >= 2);
    rmSync(join(cwd, ".agent-tune"), { recursive: true, force: true });
    const { code, stderr, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({ code: ExitCode.unexpected, stdout: "" });
    expect(stderr).toMatch(/^error: .*agent-tune\.db was removed while a study was at work/m);
    expect(processesWith(mark)).toEqual([]);
  });
});

describe("pipes", () => {
  /** Starts the program with one of its outputs read for a line and then closed. */
  function closingEarly(
    which: "stdout" | "stderr",
    args: readonly string[],
    cwd: string,
  ): Promise<{ readonly code: number | null; readonly other: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd,
        env: cleanEnvironment(fast),
        stdio: ["ignore", "pipe", "pipe"],
      });
      let other = "";
      const closed = child[which];
      const read = which === "stdout" ? child.stderr : child.stdout;
      read.setEncoding("utf8").on("data", (text: string) => {
        other += text;
      });
      closed.once("data", () => closed.destroy());
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, other }));
    });
  }

  it("a reader of the progress that goes away does not end the study", async () => {
    const cwd = projectFolder("toy");
    const { code, other } = await closingEarly("stderr", ["run", "--json", "--trials", "3"], cwd);
    expect(code).toBe(0);
    expect(summaryOf(other)).toMatchObject({ study: { status: "finished" }, trials: { unfinished: 0 } });
  });

  it("a reader of the answer that goes away is no error", async () => {
    const cwd = projectFolder("toy");
    expect(await agentTune(["run", "--trials", "1"], { cwd, env: fast })).toMatchObject({ code: 0 });
    for (const args of [["trials"], ["trials", "--json"], ["--help"]]) {
      expect(await closingEarly("stdout", args, cwd)).toEqual({ code: 0, other: "" });
    }
  });
});

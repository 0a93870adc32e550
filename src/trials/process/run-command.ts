import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentTuneError } from "../../errors.js";
import { classify, type Evidence, type StopCause } from "../failure.js";
import { divergence } from "../metrics/divergence.js";
import { jsonReadings } from "../metrics/json-readings.js";
import { defaultLineReader, type LineReader, patternLineReader } from "../metrics/line-pattern.js";
import { LineSplitter } from "../metrics/line-splitter.js";
import { MetricFile, metricFormatOf } from "../metrics/metric-file.js";
import { MetricHistory } from "../metrics/metric-history.js";
import { plainText } from "../metrics/plain-text.js";
import type { Reading } from "../metrics/reading.js";
import type { Observation, Outcome } from "../outcome.js";
import type { PreparedCommand } from "../pass/prepare.js";
import { formatDuration, formatSize } from "../quantity.js";
import type { TrialSettings } from "../settings.js";
import type { RunningTrial, TrialEnd, TrialObserver } from "../trial-run.js";
import { diskUse } from "./disk-use.js";
import { endFamily } from "./end-family.js";
import { LogFile } from "./log-file.js";
import { LogTail } from "./log-tail.js";
import { MemoryUse } from "./memory-use.js";
import { ProcessFamily } from "./process-family.js";
import type { ProcessInfo, ProcessTable } from "./process-table.js";

/** Lines of the log that are kept with the trial. */
const tailLines = 40;
/** Seconds between two looks at the processes: short at first, for short trials. */
const firstLook = 0.02;
const usualLook = 0.25;
/** Seconds between two looks at what was written. */
const diskLook = 1;
/** A look may take at most this share of the controller's time. */
const lookShare = 0.05;
/** Where processes are bounded, the pause is never longer: thousands of them make a look slow, and are what it is for. */
const longestPause = 1;
/** Milliseconds to wait for the last output once every process has ended. */
const lastOutput = 5000;
/** Node's timers hold 31 bits of milliseconds. */
const longestTimer = 2 ** 31 - 1;

export interface CommandRun {
  /** Resolves to what is to be started, once files are written. */
  readonly prepared: Promise<PreparedCommand>;
  readonly settings: Pick<TrialSettings, "metrics" | "objective" | "limits">;
  /** Folder of the attempt, absolute; the log is written in it. */
  readonly folder: string;
  /** Name of the log; `trial.log` where not given. */
  readonly log?: string;
  readonly mark: string;
  readonly device?: string | undefined;
  readonly observer: TrialObserver;
  readonly table: ProcessTable;
  /** Asked at every observation; a reason ends the trial as pruned. */
  readonly shouldStop?: ((observation: Observation) => string | undefined) | undefined;
  /** What ends it besides the limits of the settings. */
  readonly bounds?: RunBounds;
  /** Judges the end; {@link classify} where not given. */
  readonly judge?: (evidence: Evidence) => Outcome;
  /** Monotonic seconds. */
  readonly now: () => number;
}

/** Bounds on code that nobody has read: it is ended by force as soon as it is seen to pass one. */
export interface RunBounds {
  /** Processes at once. */
  readonly processes: number;
  /** Bytes on the disk below these folders together. */
  readonly disk: { readonly folders: readonly string[]; readonly bytes: number };
}

/** Starts a command and sees it through to the end of its last process. */
export function runCommand(run: CommandRun): RunningTrial {
  const trial = new CommandTrial(run);
  return { ended: trial.run(), cancel: (reason) => trial.cancel(reason) };
}

class CommandTrial {
  private readonly force = new AbortController();
  private readonly history: MetricHistory;
  private readonly tail = new LogTail();
  private readonly memory: MemoryUse;
  private readonly readLine: (line: string) => readonly Reading[];
  private readonly file: MetricFile | undefined;
  private readonly warnings: string[] = [];
  private startedAt = 0;
  private exited = false;
  private asked = false;
  private stop: StopCause | undefined;
  private stopped: () => void = () => {};
  private readonly whenStopped = new Promise<void>((resolve) => {
    this.stopped = resolve;
  });

  constructor(private readonly options: CommandRun) {
    const { objective, metrics } = options.settings;
    this.history = new MetricHistory(objective, metrics.keep);
    this.memory = new MemoryUse(options.table);
    this.readLine = lineReader(options.settings);
    this.file =
      metrics.from === "file"
        ? new MetricFile(
            join(options.folder, metrics.path),
            metrics.format ?? metricFormatOf(metrics.path),
            metrics.step,
          )
        : undefined;
  }

  /** A second cancellation does not wait for the grace. */
  cancel(reason: string): void {
    if (this.asked) this.force.abort();
    this.asked = true;
    // What has ended by itself keeps its result, though some process of it may still be on its way out.
    if (!this.exited) this.end({ kind: "cancelled", reason });
  }

  async run(): Promise<TrialEnd> {
    const { options } = this;
    const prepared = await options.prepared.catch((error: unknown) => {
      if (!AgentTuneError.isInstance(error) || error.code !== "configuration_invalid") throw error;
      this.end({ kind: "invalid", reason: error.message });
      return undefined;
    });
    if (this.stop !== undefined || prepared === undefined) return this.result(0, {}, undefined);

    const log = new LogFile(join(options.folder, options.log ?? "trial.log"), options.settings.limits.output);
    this.startedAt = options.now();
    const { child, exit } = await this.start(prepared).catch(async (error: unknown) => {
      await log.close();
      throw error;
    });
    const family = new ProcessFamily(options.table, options.mark, child.pid);
    options.observer.started({
      ...(child.pid === undefined ? {} : { pid: child.pid }),
      ...(options.device === undefined ? {} : { device: options.device }),
    });
    const output = this.readOutput(child, log);
    const over = new AbortController();
    const watches = [
      this.watchTime(over.signal),
      this.watchFamily(family, over.signal),
      this.watchFile(over.signal),
      this.watchDisk(over.signal),
    ];

    await Promise.race([exit.then(() => (this.exited = true)), this.whenStopped]);
    over.abort();
    await Promise.all(watches);
    const survivors = await this.endAll(family, child, prepared.supervised === true);
    if (survivors.length > 0) {
      this.warnings.push(
        `Processes could not be ended: ${survivors.map(({ pid }) => pid).join(", ")}; they may hold memory or a GPU.`,
      );
    }
    const seconds = options.now() - this.startedAt;
    const ended = survivors.length === 0 ? await exit : await Promise.race([exit, sleep(lastOutput).then(() => ({}))]);
    await Promise.race([output, sleep(lastOutput, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await this.readFileToItsEnd();
    this.warnings.push(...(await log.close()));
    return this.result(seconds, ended, log.path);
  }

  private async endAll(
    family: ProcessFamily,
    child: ChildProcess,
    supervised: boolean,
  ): Promise<readonly ProcessInfo[]> {
    const { settings, now } = this.options;
    try {
      return await endFamily(family, {
        grace: settings.limits.grace,
        force: this.force.signal,
        supervisor: supervised ? child.pid : undefined,
        now,
      });
    } catch (cause) {
      // Whatever keeps the processes from being listed, the group is known and must not be left running.
      if (child.pid !== undefined) killGroup(child.pid);
      throw new AgentTuneError("internal", { message: "The processes of a trial could not be listed.", cause });
    }
  }

  private start(prepared: PreparedCommand): Promise<{ child: ChildProcess; exit: Promise<Exit> }> {
    const { address_space: addressSpace } = this.options.settings.limits;
    const words =
      addressSpace === undefined
        ? prepared.words
        : ["/bin/sh", "-c", `ulimit -v ${Math.floor(addressSpace / 1024)} && exec "$@"`, "sh", ...prepared.words];
    const [file, ...args] = words;
    if (file === undefined) throw new AgentTuneError("command_invalid", { message: "The command is empty." });
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown) => reject(notStarted(file, prepared.cwd, cause));
      try {
        const child = spawn(file, args, {
          cwd: prepared.cwd,
          env: { ...prepared.environment },
          detached: true,
          stdio: ["ignore", "pipe", "pipe"],
        });
        const exit = exitOf(child);
        child.once("error", failed);
        child.once("spawn", () => {
          child.off("error", failed);
          child.on("error", () => {});
          resolve({ child, exit });
        });
      } catch (cause) {
        failed(cause);
      }
    });
  }

  /** Resolves when both streams have ended. Standard output and error share the log in the order of arrival. */
  private async readOutput(child: ChildProcess, log: LogFile): Promise<void> {
    const streams = [child.stdout, child.stderr].flatMap((stream) => (stream === null ? [] : [stream]));
    let paused = false;
    const ends = streams.map((stream) => {
      const splitter = new LineSplitter((line) => {
        this.tail.push(line);
        this.take(this.readLine(line.text));
      });
      stream.on("data", (chunk: Buffer) => {
        if (!log.write(chunk) && !paused) {
          paused = true;
          for (const each of streams) each.pause();
          log.drained(() => {
            paused = false;
            for (const each of streams) each.resume();
          });
        }
        splitter.push(chunk);
      });
      return new Promise<void>((resolve) => {
        stream.on("error", () => {});
        stream.once("close", () => {
          splitter.end();
          resolve();
        });
      });
    });
    await Promise.all(ends);
  }

  private async watchTime(over: AbortSignal): Promise<void> {
    const { time } = this.options.settings.limits;
    if (time === undefined) return;
    for (;;) {
      const left = time - (this.options.now() - this.startedAt);
      if (left <= 0) return this.end({ kind: "time", limit: formatDuration(time) });
      if (!(await waited(Math.min(left * 1000, longestTimer), over))) return;
    }
  }

  /** Keeps the family known and its memory measured. */
  private async watchFamily(family: ProcessFamily, over: AbortSignal): Promise<void> {
    const limit = this.options.settings.limits.memory ?? Number.POSITIVE_INFINITY;
    const most = this.options.bounds?.processes ?? Number.POSITIVE_INFINITY;
    const longest = this.options.bounds === undefined ? Number.POSITIVE_INFINITY : longestPause;
    for (let pause = firstLook; await waited(pause * 1000, over); ) {
      const begun = this.options.now();
      let used: number;
      try {
        const processes = await family.refresh();
        if (processes.length > most) {
          return this.endByForce({ kind: "processes", limit: most, used: processes.length });
        }
        used = this.memory.measure(processes, limit);
      } catch (error) {
        this.warn(`Memory was not watched for a while: ${error instanceof Error ? error.message : String(error)}.`);
        continue;
      }
      if (used > limit) return this.end({ kind: "memory", limit: formatSize(limit), used: formatSize(used) });
      const fair = (this.options.now() - begun) / lookShare;
      pause = Math.max(Math.min(pause * 2, usualLook), Math.min(fair, longest));
    }
  }

  private async watchDisk(over: AbortSignal): Promise<void> {
    const disk = this.options.bounds?.disk;
    if (disk === undefined) return;
    for (let pause = usualLook; await waited(pause * 1000, over); ) {
      const begun = this.options.now();
      const used = await diskUse(disk.folders, disk.bytes, over);
      if (used > disk.bytes) {
        return this.endByForce({ kind: "disk", limit: formatSize(disk.bytes), used: formatSize(used) });
      }
      pause = Math.max(Math.min(pause * 2, diskLook), (this.options.now() - begun) / lookShare);
    }
  }

  private async watchFile(over: AbortSignal): Promise<void> {
    const { file } = this;
    if (file === undefined) return;
    while (await waited(usualLook * 1000, over)) this.take(await this.orWarning(() => file.look()));
  }

  private async readFileToItsEnd(): Promise<void> {
    const { file } = this;
    if (file !== undefined) this.take(await this.orWarning(() => file.end()));
  }

  private async orWarning(look: () => Promise<readonly Reading[]>): Promise<readonly Reading[]> {
    try {
      return await look();
    } catch (error) {
      this.warn(`The metrics file could not be read: ${error instanceof Error ? error.message : String(error)}.`);
      return [];
    }
  }

  private warn(warning: string): void {
    if (!this.warnings.includes(warning)) this.warnings.push(warning);
  }

  private take(readings: readonly Reading[]): void {
    const { objective, limits } = this.options.settings;
    for (const reading of readings) {
      // A verdict on a reading stands on what had been read until then, however much more was on its way.
      if (this.stop?.kind === "diverged" || this.stop?.kind === "pruned") return;
      const seconds = this.options.now() - this.startedAt;
      const observation = this.history.record(reading, seconds);
      if (observation === undefined) continue;
      this.options.observer.observed(observation);
      const diverged = divergence(observation, objective, limits);
      if (diverged !== undefined) this.end({ kind: "diverged", reason: diverged });
      const pruned = this.stop === undefined ? this.options.shouldStop?.(observation) : undefined;
      if (pruned !== undefined) this.end({ kind: "pruned", reason: pruned });
    }
  }

  /** The first cause counts. */
  private end(cause: StopCause): void {
    this.stop ??= cause;
    this.stopped();
  }

  /** Without a time of grace, in which what got out of hand would go on. */
  private endByForce(cause: StopCause): void {
    this.force.abort();
    this.end(cause);
  }

  private result(seconds: number, ended: Exit, logFile: string | undefined): TrialEnd {
    const { objective, limits } = this.options.settings;
    const log = this.tail.last(200);
    const outcome = (this.options.judge ?? classify)({
      stop: this.stop,
      ...ended,
      log,
      objective: objective.metric,
      value: this.history.objectiveValue(),
      lastObjective: this.history.lastObjective(),
      metrics: this.history.names(),
      notFinite: this.notFinite(),
      addressSpaceLimit: limits.address_space !== undefined,
    });
    return {
      outcome,
      metrics: this.history.lastFinite(),
      seconds,
      ...(this.memory.peakBytes === undefined ? {} : { peakMemoryBytes: this.memory.peakBytes }),
      ...ended,
      logTail: log.slice(-tailLines),
      ...(logFile === undefined ? {} : { logFile }),
      ...(this.warnings.length === 0 ? {} : { warnings: this.warnings }),
    };
  }

  private notFinite(): string | undefined {
    const { objective, limits } = this.options.settings;
    for (const metric of this.history.names()) {
      const value = this.history.last(metric);
      if (metric === objective.metric || value === undefined || Number.isFinite(value)) continue;
      if (divergence({ metric, value, step: 0, seconds: 0 }, objective, limits) !== undefined)
        return `${metric} was ${value}`;
    }
    return undefined;
  }
}

interface Exit {
  readonly exitCode?: number;
  readonly signal?: string;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => {
      resolve({ ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) });
    });
  });
}

function lineReader(settings: CommandRun["settings"]): LineReader {
  const { metrics, objective, limits } = settings;
  switch (metrics.from) {
    case "lines": {
      const known = [...new Set([objective.metric, ...(metrics.keep ?? []), ...(limits.diverged_on ?? [])])];
      const read =
        metrics.pattern === undefined
          ? defaultLineReader(known, metrics.step)
          : patternLineReader(metrics.pattern, objective.metric);
      return (line) => read(plainText(line));
    }
    case "json_lines":
      return (line) => jsonReadings(line, metrics.step) ?? [];
    case "file":
      return () => [];
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Already gone.
  }
}

/** True after the time, false where the signal came first. */
async function waited(milliseconds: number, over: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal: over });
    return true;
  } catch {
    return false;
  }
}

function notStarted(file: string, cwd: string, cause: unknown): AgentTuneError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") {
    return new AgentTuneError("command_not_found", {
      message: code === "EACCES" ? `"${file}" may not be executed.` : `"${file}" was not found.`,
      where: cwd,
      remedy: "Check the command and cwd of the study file, and whether the environment it needs is active.",
      cause,
    });
  }
  if (code === "E2BIG") {
    return new AgentTuneError("command_invalid", {
      message: "The command with its values is too long for the system.",
      where: file,
      remedy: "Pass the parameters through a file: pass.parameters: file.",
      cause,
    });
  }
  return new AgentTuneError("internal", { message: `"${file}" could not be started (${code}).`, where: cwd, cause });
}

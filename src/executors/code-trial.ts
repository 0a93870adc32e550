import { mkdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { delimiter, isAbsolute, join, relative, resolve } from "node:path";
import { classify, type Evidence, tamperedOutcome } from "../trials/failure.js";
import type { Observation, Outcome } from "../trials/outcome.js";
import { type PreparedCommand, prepareCommand, taskEnvironment } from "../trials/pass/prepare.js";
import { findProgram } from "../trials/preflight.js";
import { type CommandRun, type ProcessTable, runCommand } from "../trials/process/index.js";
import { type Confinement, levelInWords } from "../trials/sandbox/index.js";
import type { TrialSettings } from "../trials/settings.js";
import type { RunningTrial, TaskCode, TrialEnd, TrialObserver, TrialTask } from "../trials/trial-run.js";
import {
  type CodeRunning,
  defaultOpenFiles,
  defaultProcesses,
  type EvaluationCommand,
  tasksPerProcess,
} from "./code-running.js";
import { evaluationMetrics, prepareEvaluation } from "./evaluation.js";
import { removeLinksLeadingOut } from "./leading-out.js";

export interface CodeTrialOptions {
  readonly task: TrialTask;
  readonly version: TaskCode;
  readonly code: CodeRunning;
  readonly settings: TrialSettings;
  /** Folder of the study file, absolute, whose place the checkouts take. */
  readonly base: string;
  /** Environment of the controller. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** Variables that the executor adds. */
  readonly own: Readonly<Record<string, string>>;
  readonly device: string | undefined;
  /** Nodes of the GPUs that it was given. */
  readonly deviceNodes: readonly string[];
  readonly observer: TrialObserver;
  readonly table: ProcessTable;
  readonly shouldStop: ((observation: Observation) => string | undefined) | undefined;
  /** Monotonic seconds. */
  readonly now: () => number;
}

const trainingLog = "trial.log";
const evaluationLog = "evaluation.log";
/** Lines of each log that are kept where there are two. */
const tailOfEach = 20;
/** What a training says of the objective and what was measured may differ by this much, relatively, and be the same. */
const sameValue = 1e-6;
/** In the person's folder, and no business of edited code: variables with keys, addresses of repositories. */
const personal = [".env", ".git"];

/** Runs one version of the code: the training, confined; then, where there is one, the evaluation, apart from it. */
export function runCodeTrial(options: CodeTrialOptions): RunningTrial {
  const trial = new CodeTrial(options);
  return { ended: trial.run(), cancel: (reason) => trial.cancel(reason) };
}

class CodeTrial {
  private readonly folder: string;
  /** For temporary files, beside the attempt's folder and so on the same disk; removed at the end. */
  private readonly privateFolder: string;
  private current: RunningTrial | undefined;
  private cancelled: string | undefined;

  constructor(private readonly options: CodeTrialOptions) {
    this.folder = resolve(options.task.folder);
    this.privateFolder = `${this.folder}.private`;
  }

  cancel(reason: string): void {
    this.cancelled ??= reason;
    this.current?.cancel(reason);
  }

  async run(): Promise<TrialEnd> {
    const { sandbox } = this.options.code;
    try {
      await mkdir(this.folder, { recursive: true });
      const end = await this.trainAndEvaluate(await this.diskBytes());
      return { ...end, sandbox: levelInWords(sandbox.level) };
    } finally {
      await sandbox.release?.(this.options.task.mark);
      // What cannot be removed, such as a folder without permissions, is below the study's own and goes with it.
      await rm(this.privateFolder, { recursive: true, force: true }).catch(() => {});
    }
  }

  private async trainAndEvaluate(diskBytes: number): Promise<TrialEnd> {
    const { evaluate } = this.options.code;
    let evidence: Evidence | undefined;
    const training = await this.command({
      prepared: this.prepareTraining(diskBytes),
      settings: this.options.settings,
      log: trainingLog,
      device: this.options.device,
      observer: this.options.observer,
      shouldStop: this.options.shouldStop,
      bounds: this.bounds([this.folder, this.temporary("training")], diskBytes),
      judge: (found) => {
        evidence = found;
        return classify(found);
      },
    });
    // Nothing was started, so nothing can have been changed.
    if (training.logFile === undefined) return training;
    const changed = await this.changedFiles();
    if (changed.length > 0) return { ...training, outcome: tamperedOutcome(changed) };
    // What it printed is its own word: where it is scored by another, a missing or a bad value decides nothing.
    if (evaluate === undefined || evidence === undefined || !endedByItself(evidence)) return training;
    const unscored = { ...training, metrics: {}, claimed: training.metrics };
    if (this.cancelled !== undefined) return { ...unscored, outcome: cancelled(this.cancelled) };
    if (evaluate.checkpoint !== undefined && !(await exists(join(this.folder, evaluate.checkpoint)))) {
      return { ...unscored, outcome: nothingToEvaluate(evaluate.checkpoint) };
    }
    const removed = await removeLinksLeadingOut(this.folder, this.checkouts());
    const evaluation = await this.evaluate(evaluate, diskBytes);
    return joined(unscored, evaluation, [
      ...removed.map(
        (link) => `${link} was a link that leads out of the trial's folder; the evaluation did not see it.`,
      ),
      ...contradiction(this.options.settings.objective.metric, evidence.value, evaluation.outcome),
    ]);
  }

  private evaluate(command: EvaluationCommand, diskBytes: number): Promise<TrialEnd> {
    const { settings } = this.options;
    return this.command({
      prepared: this.prepareEvaluation(command, diskBytes),
      settings: {
        metrics: evaluationMetrics(settings.metrics),
        objective: settings.objective,
        limits: { ...settings.limits, time: command.seconds ?? settings.limits.time },
      },
      log: evaluationLog,
      observer: { started() {}, observed() {} },
      bounds: this.bounds([this.temporary("evaluation")], diskBytes),
      judge: (evidence) => ofEvaluation(classify(evidence)),
    });
  }

  /** Sees one command through to its end. A cancellation that came before it holds for it. */
  private command(run: Omit<CommandRun, "folder" | "mark" | "table" | "now">): Promise<TrialEnd> {
    const { task, table, now } = this.options;
    this.current = runCommand({ ...run, folder: this.folder, mark: task.mark, table, now });
    if (this.cancelled !== undefined) this.current.cancel(this.cancelled);
    return this.current.ended;
  }

  private async prepareTraining(diskBytes: number): Promise<PreparedCommand> {
    const { task, version, code, settings, base, parent, own } = this.options;
    const { checkout } = version;
    const prepared = await prepareCommand(settings, checkout, task, parent, own);
    // There from the start and read-only to the training, which could otherwise put a link in their place.
    const logs = [trainingLog, evaluationLog].map((name) => join(this.folder, name));
    for (const log of logs) await writeFile(log, "", { flag: "a" });
    return this.confined(prepared, "training", checkout, diskBytes, settings.limits.time, {
      writable: [this.folder],
      readable: [checkout, ...logs],
      hidden: [...code.holdout, ...counterparts(code.holdout, base, checkout)],
      network: code.network,
    });
  }

  private prepareEvaluation(command: EvaluationCommand, diskBytes: number): Promise<PreparedCommand> {
    const { task, version, code, settings, base, parent, own } = this.options;
    const checkout = command.sees === "base" ? version.base : version.checkout;
    const environment = taskEnvironment(settings, task, parent, own);
    const prepared = prepareEvaluation(command, task, this.folder, base, resolve(checkout, settings.cwd), environment);
    return this.confined(prepared, "evaluation", checkout, diskBytes, command.seconds ?? settings.limits.time, {
      writable: [],
      readable: [checkout, this.folder, ...code.holdout],
      hidden: [],
      network: false,
    });
  }

  /** Confined, with a private folder of its own. */
  private async confined(
    prepared: PreparedCommand,
    phase: Phase,
    checkout: string,
    diskBytes: number,
    time: number | undefined,
    visible: Pick<Confinement, "writable" | "readable" | "hidden" | "network">,
  ): Promise<PreparedCommand> {
    const { code, settings, base, deviceNodes } = this.options;
    const { sandbox, limits } = code;
    const temporary = this.temporary(phase);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    const [program = "", ...rest] = prepared.words;
    // A container has programs of its own.
    const found =
      sandbox.level.kind === "container"
        ? program
        : await findProgram(program, prepared.cwd, prepared.environment.PATH);
    return sandbox.wrap(
      { ...prepared, words: [found, ...rest], environment: withMovedPath(prepared.environment, base, checkout) },
      {
        ...visible,
        // It is there anyway, unless it lies where the private folder for temporary files stands, or in a container.
        readable: [base, ...visible.readable],
        hidden: [...visible.hidden, ...code.hidden, ...personal.map((name) => join(base, name))],
        temporary,
        devices: deviceNodes,
        limits: {
          fileBytes: diskBytes,
          openFiles: limits?.openFiles ?? defaultOpenFiles,
          ...(time === undefined ? {} : { cpuSeconds: Math.ceil((time + settings.limits.grace) * cpus().length) }),
          tasks: (limits?.processes ?? defaultProcesses) * tasksPerProcess,
          ...(settings.limits.memory === undefined ? {} : { memoryBytes: settings.limits.memory }),
        },
      },
    );
  }

  private async changedFiles(): Promise<readonly string[]> {
    const found = await Promise.all(this.checkouts().map((checkout) => this.options.code.verify(checkout)));
    return [...new Set(found.flat())];
  }

  private checkouts(): readonly string[] {
    const { checkout, base } = this.options.version;
    return [...new Set([checkout, base])];
  }

  private temporary(phase: Phase): string {
    return join(this.privateFolder, phase);
  }

  private bounds(folders: readonly string[], bytes: number): NonNullable<CommandRun["bounds"]> {
    return { processes: this.options.code.limits?.processes ?? defaultProcesses, disk: { folders, bytes } };
  }

  private async diskBytes(): Promise<number> {
    const given = this.options.code.limits?.diskBytes;
    if (given !== undefined) return given;
    const { bavail, bsize } = await statfs(this.folder);
    return (bavail * bsize) / 2;
  }
}

type Phase = "training" | "evaluation";

function endedByItself({ stop, exitCode, signal }: Evidence): boolean {
  return stop === undefined && exitCode === 0 && signal === undefined;
}

/** Where paths of the person's folder lie in a checkout; of others, nowhere. */
function counterparts(paths: readonly string[], base: string, checkout: string): readonly string[] {
  return paths.flatMap((path) => {
    const inside = relative(base, path);
    return !isAbsolute(path) || inside.startsWith("..") || isAbsolute(inside) ? [] : [join(checkout, inside)];
  });
}

/** Python looks for modules in the checkout and not in the person's folder. */
function withMovedPath(
  environment: Readonly<Record<string, string>>,
  base: string,
  checkout: string,
): Readonly<Record<string, string>> {
  const { PYTHONPATH } = environment;
  if (PYTHONPATH === undefined) return environment;
  const moved = PYTHONPATH.split(delimiter).map((path) => counterparts([path], base, checkout)[0] ?? path);
  return { ...environment, PYTHONPATH: moved.join(delimiter) };
}

/** The training's end with the evaluation's result. */
function joined(training: TrialEnd, evaluation: TrialEnd, warnings: readonly string[]): TrialEnd {
  const { exitCode: _exitCode, signal: _signal, ...kept } = training;
  const { outcome, metrics, exitCode, signal } = evaluation;
  const all = [...(training.warnings ?? []), ...(evaluation.warnings ?? []), ...warnings];
  const peak = Math.max(training.peakMemoryBytes ?? 0, evaluation.peakMemoryBytes ?? 0);
  return {
    ...kept,
    outcome,
    metrics,
    seconds: training.seconds + evaluation.seconds,
    evaluationSeconds: evaluation.seconds,
    ...(peak === 0 ? {} : { peakMemoryBytes: peak }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    logTail: [...training.logTail.slice(-tailOfEach), ...evaluation.logTail.slice(-tailOfEach)],
    ...(all.length === 0 ? {} : { warnings: all }),
  };
}

/** A training that says something else of the objective than was measured. */
function contradiction(metric: string, said: number | undefined, outcome: Outcome): readonly string[] {
  if (said === undefined || outcome.kind !== "complete") return [];
  const { value } = outcome;
  if (Math.abs(said - value) <= sameValue * Math.max(Math.abs(said), Math.abs(value))) return [];
  return [`The training printed ${metric} ${said}, the evaluation measured ${value}.`];
}

function ofEvaluation(outcome: Outcome): Outcome {
  return outcome.kind === "failed" ? { ...outcome, message: `In the evaluation: ${outcome.message}` } : outcome;
}

function cancelled(reason: string): Outcome {
  return { kind: "failed", failure: "cancelled", message: `Cancelled: ${reason}.` };
}

function nothingToEvaluate(checkpoint: string): Outcome {
  return {
    kind: "failed",
    failure: "crashed",
    message: `The training ended well, but it left no ${checkpoint} to evaluate.`,
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

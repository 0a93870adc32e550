import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { packageRoot } from "../../../src/llm/package-root.js";
import { parseOptimizerChoice } from "../../../src/optimizers/optimizer-choice.js";
import type { Configuration, ParameterValue } from "../../../src/space/index.js";
import type { Benchmark } from "../../tasks/index.js";
import type { Method, Session } from "../method.js";
import { optunaTranslation } from "./optuna-parameter.js";

/** Which Python has Optuna. */
export const pythonVariable = "AGENT_TUNE_PYTHON";

/**
 * Proposals that break a constraint are told as failed and asked for anew, so often for one trial; the last one is
 * then repaired and enqueued. Failed trials do not count for a sampler, and a deterministic one repeats itself.
 */
const mostRejections = 5;

const checkSchema = z.object({
  versions: z.record(z.string(), z.string()),
  samplers: z.record(z.string(), z.string()),
});

export interface OptunaCheck {
  readonly versions: Readonly<Record<string, string>>;
  /** Samplers that can be used here, as `optuna-...`. */
  readonly available: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * What is compared unless methods are named. `optuna-tpe` is Optuna's default, which since version 5 models parameters
 * together where all trials have the same; `optuna-tpe-univariate` is the default until then. By name there are also
 * `optuna-tpe-multivariate`, which does so by groups in conditional spaces, and `optuna-random`.
 */
export const optunaMethods = ["optuna-tpe", "optuna-tpe-univariate", "optuna-cma-es", "optuna-gp"] as const;

const knownMethods = [...optunaMethods, "optuna-tpe-multivariate", "optuna-random"];

export function isOptunaMethod(name: string): boolean {
  return name.startsWith("optuna-");
}

export function optunaWorkerFile(): string {
  return join(packageRoot(), "evals", "methods", "optuna", "worker.py");
}

/** What of Optuna can be run, and why the rest cannot. */
export function checkOptuna(env: NodeJS.ProcessEnv): OptunaCheck {
  const none = (reason: string): OptunaCheck => ({
    versions: {},
    available: [],
    skipped: knownMethods.map((name) => ({ name, reason })),
  });
  const python = env[pythonVariable];
  if (python === undefined || python === "") return none(`${pythonVariable} names no Python with Optuna`);
  const { status, stdout, stderr, error } = spawnSync(python, [optunaWorkerFile(), "--check"], { encoding: "utf8" });
  if (status !== 0) return none(`${python} cannot run it: ${(error?.message ?? stderr).trim().split("\n").at(-1)}`);
  const { versions, samplers } = checkSchema.parse(JSON.parse(stdout));
  const reasonOf = (name: string) => samplers[name.slice("optuna-".length)] ?? "not known to the worker";
  return {
    versions,
    available: knownMethods.filter((name) => reasonOf(name) === ""),
    skipped: knownMethods.flatMap((name) => {
      const reason = reasonOf(name);
      return reason === "" ? [] : [{ name, reason }];
    }),
  };
}

const replySchema = z.object({
  value: z.union([z.number(), z.string(), z.boolean()]).optional(),
  milliseconds: z.number(),
  error: z.string().optional(),
});

/** One Python process, which answers line by line. */
class OptunaProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private complaints = "";

  constructor(python: string) {
    // One thread: the workers of an evaluation share the cores.
    const env = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
    this.child = spawn(python, [optunaWorkerFile()], { env });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.complaints = `${this.complaints}${chunk}`.slice(-2000);
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async request(message: object): Promise<z.infer<typeof replySchema>> {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error(`The process of Optuna ended: ${this.complaints}`);
    const reply = replySchema.parse(JSON.parse(line.value));
    if (reply.error !== undefined) throw new Error(`Optuna: ${reply.error}`);
    return reply;
  }

  close(): void {
    this.child.stdin.end();
  }
}

/**
 * A sampler of Optuna by ask and tell. The start is enqueued as its first trial, failures are told as FAIL, which is
 * what Optuna documents for them, and parameters are suggested one by one, those that a condition switches off not
 * at all (define by run).
 */
export function optunaMethod(name: string, python: string): Method {
  const { name: base, settings } = parseOptimizerChoice(name);
  const sampler = base.slice("optuna-".length);
  let running: OptunaProcess | undefined;
  return {
    name,
    close() {
      running?.close();
      running = undefined;
    },
    async open({ task, seed }) {
      running ??= new OptunaProcess(python);
      return openSession(running, task, { sampler, settings, seed });
    },
  };
}

async function openSession(
  optuna: OptunaProcess,
  { space }: Benchmark,
  method: { readonly sampler: string; readonly settings: object; readonly seed: number },
): Promise<Session> {
  let spent = 0;
  const request = async (message: object): Promise<ParameterValue | undefined> => {
    const { value, milliseconds } = await optuna.request(message);
    spent += milliseconds;
    return value;
  };
  const translations = space.parameters.map(optunaTranslation);
  await request({ op: "create", ...method });

  async function suggest(): Promise<Configuration> {
    await request({ op: "ask" });
    const configuration: Record<string, ParameterValue> = {};
    for (const { parameter, fromOptuna } of translations) {
      if (!space.isActive(parameter.name, configuration)) continue;
      const value = await request({ op: "suggest", parameter });
      if (value !== undefined) configuration[parameter.name] = fromOptuna(value);
    }
    // Canonical: floats to twelve digits.
    return space.decode(space.encode(configuration));
  }

  async function enqueue(configuration: Configuration): Promise<void> {
    const values = translations.flatMap(({ parameter, toOptuna }) => {
      const value = configuration[parameter.name];
      return value === undefined ? [] : [[parameter.name, toOptuna(value)] as const];
    });
    await request({ op: "enqueue", values: Object.fromEntries(values) });
  }

  return {
    async begin(start, { evaluation }) {
      await enqueue(start);
      await suggest();
      await request({ op: "tell", evaluation });
    },
    async ask() {
      for (let attempt = 1; ; attempt++) {
        const configuration = await suggest();
        if (space.brokenConstraints(configuration).length === 0) return { configuration, origin: "optuna" };
        await request({ op: "tell", evaluation: { kind: "failure" } });
        if (attempt === mostRejections) await enqueue(space.repair(configuration) ?? space.defaults());
      }
    },
    async tell({ configuration, insteadOf }, { evaluation }) {
      if (insteadOf !== undefined) {
        // What was asked for never ran: it is told as failed, and what ran is a trial of its own.
        await request({ op: "tell", evaluation: { kind: "failure" } });
        await enqueue(configuration);
        await suggest();
      }
      await request({ op: "tell", evaluation });
    },
    async end() {},
    spent() {
      const since = spent;
      spent = 0;
      return since;
    },
  };
}

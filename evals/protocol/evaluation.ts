import { AgentTuneError } from "../../src/errors.js";
import { counted } from "../../src/report/value-format.js";
import { optimumUnknown } from "../advisors/index.js";
import type { Analysis } from "../analysis/index.js";
import { benchmarkNamed, benchmarkNames, missingDataRemedy, unknownBenchmark } from "../benchmarks.js";
import { isOptunaMethod, methodNamed, type OptunaCheck } from "../methods/index.js";
import { checkModelName } from "../models/index.js";
import { skippedTexts } from "../report/index.js";
import { modelPlace, type PromiseRuns, type Suite } from "../suites/index.js";
import { type Benchmark, normalisedRegret, type SkippedTask } from "../tasks/index.js";
import type { Job, Run } from "./run.js";

/** A suite with what was said on the command line. */
export interface EvaluationChoice {
  readonly suite: Suite;
  /** Instead of the suite's own. */
  readonly tasks?: readonly string[] | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly reference?: string | undefined;
  readonly seeds?: number | undefined;
  /** Most trials of a run. */
  readonly trials?: number | undefined;
  /** The model that `MODEL` stands for. */
  readonly model?: string | undefined;
  /** Every task as its anonymised twin. */
  readonly anonymised?: boolean | undefined;
  /**
   * `trials`: each run has as many; `time`: each run has the time that as many trials of the start would take one
   * after the other, each trial as long as its cost.
   */
  readonly budget?: "trials" | "time" | undefined;
  /** Trials of a run at once. */
  readonly parallel?: number | undefined;
}

/** What is to be run, and what cannot be. */
export interface EvaluationPlan {
  readonly suite: Suite;
  readonly benchmarks: readonly Benchmark[];
  readonly methods: readonly string[];
  readonly reference: string;
  readonly contrasts: readonly (readonly [string, string])[];
  readonly seeds: number;
  readonly jobs: readonly Job[];
  /** Tasks and methods that cannot be had here, by name. */
  readonly skipped: readonly SkippedTask[];
  /** How this differs from what the suite defines, one phrase each; empty where it does not. */
  readonly departures: readonly string[];
  trialsOf(benchmark: Benchmark): number;
}

/**
 * Resolves names, and says by name what cannot be run here.
 *
 * @throws AgentTuneError `usage` for names that mean nothing, for advisors that cannot be used on one of the tasks, and
 *   where nothing is left to run or to compare; `model_unknown`, `credentials_missing`, `recording_invalid`
 */
export async function planEvaluation(
  choice: EvaluationChoice,
  optuna: OptunaCheck,
  env: NodeJS.ProcessEnv,
): Promise<EvaluationPlan> {
  const { suite, model, anonymised = false, parallel = 1, budget = "trials" } = choice;
  if (model !== undefined) checkModelName(model, env);
  const withModel = (name: string) => (model === undefined ? name : name.replace(modelPlace, model));
  const skippedMethods: SkippedTask[] = [];
  const wished = [...new Set((choice.methods ?? suite.methods).map(withModel))];
  const methods = wished.filter((name) => {
    const reason = whyNot(name, optuna, parallel);
    if (reason === undefined) return true;
    skippedMethods.push({ name, reason });
    return false;
  });
  // Unknown names and settings are said now and not in a worker.
  const tasks = chosenTasks(choice.tasks ?? suite.tasks, anonymised, env);
  const told = methods.filter((name) => {
    const method = methodNamed(name, env);
    method.close();
    return method.needsOptimum ?? false;
  });
  const benchmarks: Benchmark[] = [];
  for (const name of tasks.names) benchmarks.push(await benchmarkNamed(name, env));
  const withoutOptimum = benchmarks.filter(({ optimum }) => optimum === undefined).map(({ name }) => name);
  if (told.length > 0 && withoutOptimum.length > 0) {
    throw optimumUnknown(`The advisor of ${told.join(", ")}`, withoutOptimum);
  }
  const skipped = [...tasks.skipped, ...skippedMethods];
  if (benchmarks.length === 0 || methods.length === 0) {
    throw nothingLeft(`Nothing of the suite ${suite.name} can be run here.`, skipped, env);
  }

  const wanted = withModel(choice.reference ?? suite.reference);
  if (choice.reference !== undefined && !methods.includes(wanted)) {
    throw new AgentTuneError("usage", {
      message: `The reference ${wanted} is none of the methods that are compared.`,
      remedy: `They are ${methods.join(", ")}.`,
    });
  }
  const reference = methods.includes(wanted) ? wanted : (methods[0] ?? wanted);
  const contrasts = (suite.contrasts ?? [])
    .map(([a, b]) => [withModel(a), withModel(b)] as const)
    .filter(([a, b]) => methods.includes(a) && methods.includes(b));
  if (choice.methods === undefined && contrasts.length === 0 && suite.contrasts !== undefined) {
    const paired = new Set(suite.contrasts.flat().map(withModel));
    throw nothingLeft(
      `None of the pairs that the suite ${suite.name} compares can be run here.`,
      skippedMethods.filter(({ name }) => paired.has(name)),
      env,
    );
  }

  const seeds = choice.seeds ?? suite.seeds;
  const cap = choice.trials ?? suite.trials;
  const trialsOf = ({ trials }: Benchmark) => Math.min(trials, cap);
  const jobs: Job[] = [];
  // Seeds outermost: an evaluation that is stopped early has fewer seeds of everything.
  for (let seed = 1; seed <= seeds; seed++) {
    for (const benchmark of benchmarks) {
      const trials = trialsOf(benchmark);
      const time = budget === "time" ? { time: trials * (await costOfStart(benchmark)) } : {};
      for (const method of methods) {
        jobs.push({
          task: benchmark.name,
          method,
          seed,
          // Cheap trials fit in more often, but not for ever.
          trials: budget === "time" ? 4 * trials : trials,
          ...time,
          ...(parallel > 1 && { workers: parallel }),
        });
      }
    }
  }
  return {
    suite,
    benchmarks,
    methods,
    reference,
    contrasts,
    seeds,
    jobs,
    skipped,
    departures: departuresOf(choice, { tasks, wished, seeds, cap, skipped }, env),
    trialsOf,
  };
}

function nothingLeft(message: string, skipped: readonly SkippedTask[], env: NodeJS.ProcessEnv): AgentTuneError {
  const data = missingDataRemedy(skipped, env);
  return new AgentTuneError("usage", {
    message,
    remedy: `What is missing: ${skippedTexts(skipped, 3).join("; ")}.${data === undefined ? "" : ` ${data}`}`,
  });
}

/** A result under the suite's name is to have what the suite says, all of it. */
function departuresOf(
  { suite, model, anonymised = false, reference, parallel = 1, budget = "trials" }: EvaluationChoice,
  chosen: {
    readonly tasks: { readonly names: readonly string[] };
    readonly wished: readonly string[];
    readonly seeds: number;
    readonly cap: number;
    readonly skipped: readonly SkippedTask[];
  },
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const same = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((each) => b.includes(each));
  const defined = chosenTasks(suite.tasks, false, env);
  const methods = suite.methods.map((name) => (model === undefined ? name : name.replace(modelPlace, model)));
  const departures: readonly (readonly [boolean, string])[] = [
    [anonymised, "tasks anonymised"],
    [!anonymised && !same(chosen.tasks.names, defined.names), "other tasks"],
    [!same(chosen.wished, methods), "other methods"],
    [chosen.skipped.length > 0, `${chosen.skipped.length} skipped`],
    [chosen.seeds !== suite.seeds, `${counted(chosen.seeds, "seed")} instead of ${suite.seeds}`],
    [chosen.cap !== suite.trials, `${counted(chosen.cap, "trial")} instead of ${suite.trials}`],
    [budget !== "trials", "a budget of time"],
    [parallel > 1, `${parallel} trials at once`],
    [reference !== undefined && reference !== suite.reference, `compared with ${reference}`],
  ];
  return departures.flatMap(([applies, text]) => (applies ? [text] : []));
}

async function costOfStart({ evaluate, start }: Benchmark): Promise<number> {
  const { measured } = await evaluate(start, 0);
  return measured.cost ?? 1;
}

function chosenTasks(
  wanted: readonly string[],
  anonymised: boolean,
  env: NodeJS.ProcessEnv,
): { readonly names: readonly string[]; readonly skipped: readonly SkippedTask[] } {
  const known = benchmarkNames(env);
  const names: string[] = [];
  const skipped: SkippedTask[] = [];
  for (const wish of wanted) {
    const plain = wish.replace(/^anon\//, "");
    const fits = (name: string) => (plain.endsWith("/") ? name.startsWith(plain) : name === plain);
    const twin = (name: string) => (anonymised || wish !== plain ? `anon/${name}` : name);
    const here = known.names.filter(fits);
    const missing = known.skipped.filter(({ name }) => fits(name));
    names.push(...here.map(twin));
    skipped.push(...missing.map(({ name, reason }) => ({ name: twin(name), reason })));
    if (here.length > 0 || missing.length > 0) continue;
    if (plain.endsWith("/")) throw unknownBenchmark(wish, env);
    // Families without a list, such as every dimension and instance of BBOB, are found by their full names.
    names.push(twin(plain));
  }
  return { names: [...new Set(names)], skipped };
}

/** Why a method cannot be run here; undefined where it can. */
function whyNot(name: string, optuna: OptunaCheck, parallel: number): string | undefined {
  if (name.includes(modelPlace)) return "needs a model: name one with --model provider:name";
  if (!isOptunaMethod(name)) return undefined;
  if (parallel > 1) return "the bridge to Optuna runs one trial at a time";
  const [base = ""] = name.split(":");
  if (optuna.available.includes(base)) return undefined;
  return optuna.skipped.find((each) => each.name === base)?.reason ?? "there is no such sampler";
}

/** Promises of a suite that its runs break, each with what they show instead. */
export function brokenPromises(
  { suite, benchmarks, methods, trialsOf }: EvaluationPlan,
  runs: readonly Run[],
  analysis?: Analysis,
): readonly { readonly claim: string; readonly found: string }[] {
  const here: PromiseRuns = {
    methods,
    speedUp: (first, second) =>
      analysis?.contrasts.find((each) => each.a === first && each.b === second)?.speedUp.median,
    runs: (method, task) => runs.filter((run) => run.method === method && run.task === task),
    regrets(method, task) {
      const benchmark = benchmarks.find(({ name }) => name === task);
      if (benchmark === undefined) return [];
      const end = trialsOf(benchmark);
      return this.runs(method, task).map(({ incumbents, time }) => {
        const last = time === undefined ? incumbents.findLast(({ trial }) => trial < end) : incumbents.at(-1);
        return normalisedRegret(benchmark.known, last?.value ?? Number.POSITIVE_INFINITY);
      });
    },
  };
  return (suite.promises ?? []).flatMap(({ claim, broken }) => {
    const found = broken(here);
    return found === undefined ? [] : [{ claim, found }];
  });
}

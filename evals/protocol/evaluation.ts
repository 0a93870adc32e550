import { AgentTuneError } from "../../src/errors.js";
import type { Analysis } from "../analysis/index.js";
import { benchmarkNamed, benchmarkNames } from "../benchmarks.js";
import { isOptunaMethod, methodNamed, type OptunaCheck } from "../methods/index.js";
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
  trialsOf(benchmark: Benchmark): number;
}

/**
 * Resolves names, and says by name what cannot be run here.
 *
 * @throws AgentTuneError `usage` for names that mean nothing, and where nothing is left to run
 */
export async function planEvaluation(
  choice: EvaluationChoice,
  optuna: OptunaCheck,
  env: NodeJS.ProcessEnv,
): Promise<EvaluationPlan> {
  const { suite, model, anonymised = false, parallel = 1, budget = "trials" } = choice;
  const tasks = chosenTasks(choice.tasks ?? suite.tasks, anonymised, env);
  const benchmarks: Benchmark[] = [];
  for (const name of tasks.names) benchmarks.push(await benchmarkNamed(name, env));

  const withModel = (name: string) => (model === undefined ? name : name.replace(modelPlace, model));
  const skippedMethods: SkippedTask[] = [];
  const methods = (choice.methods ?? suite.methods).map(withModel).filter((name) => {
    const reason = whyNot(name, optuna, parallel);
    if (reason === undefined) return true;
    skippedMethods.push({ name, reason });
    return false;
  });
  // Unknown names and settings are said now and not in a worker.
  for (const name of methods) methodNamed(name, env).close();
  if (benchmarks.length === 0 || methods.length === 0) {
    const reasons = [...tasks.skipped, ...skippedMethods].map(({ name, reason }) => `${name}: ${reason}`);
    throw new AgentTuneError("usage", {
      message: `Nothing of the suite ${suite.name} can be run here.`,
      remedy: reasons.length === 0 ? "Name other tasks or methods." : reasons.slice(0, 5).join("; "),
    });
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
  return {
    suite,
    benchmarks,
    methods,
    reference,
    contrasts,
    seeds,
    jobs,
    skipped: [...tasks.skipped, ...skippedMethods],
    trialsOf,
  };
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
    // Families without a list, such as every dimension and instance of BBOB, are found by their full names.
    if (here.length === 0 && missing.length === 0) names.push(twin(plain));
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

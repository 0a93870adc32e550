/**
 * What is lost when CMA-ES serves many workers at once, and results arrive late and out of order?
 *
 *   npm run build && node dist/evals/asynchronous.js [--seeds 31] [--evaluations 400] [--out FILE]
 *
 * Simulates 1 to 32 workers whose trials last log-normal(0, 1) times, on functions of 5 to 14 parameters, from the
 * same start, with the same initial deviation and the same durations for each side:
 * - agent-tune: every result is told as it arrives;
 * - late as foreign: the same, but late results are told as if somebody else had proposed them;
 * - late discarded: the same, but results that come after their generation are thrown away, which is the rule of
 *   Optuna's CmaEsSampler;
 * - Optuna's CmaEsSampler itself, where AGENT_TUNE_PYTHON names a Python that has optuna and cmaes.
 *
 * Prints the median best value with quartiles and the share of results that never reached the optimizer.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { z } from "zod";
import { RandomStream } from "../src/math/random.js";
import { optimizerFactory } from "../src/optimizers/index.js";
import type { Configuration, ParameterValue } from "../src/space/index.js";
import { conditions } from "./bench/conditions.js";
import { plainTable } from "./bench/plain-table.js";
import { type Landscape, type LandscapeName, landscape } from "./landscapes.js";
import { quantile } from "./statistics/index.js";

const workerCounts = [1, 2, 4, 8, 16, 32] as const;
const problems: readonly (readonly [LandscapeName, number])[] = [
  ["sphere", 5],
  ["ellipsoid", 5],
  ["ellipsoid", 10],
  ["rotated ellipsoid", 8],
  ["rosenbrock", 5],
  ["rastrigin", 5],
  ["mixed", 8],
  ["sphere", 14],
];

interface Asked {
  readonly id: number;
  readonly configuration: Configuration;
}

/** One optimizer under test. */
interface Side {
  ask(): Promise<Asked>;
  tell(asked: Asked, value: number): Promise<void>;
  /** Share of the results told that no update used or will use. */
  unused(): Promise<number>;
}

interface Outcome {
  readonly best: number;
  readonly unused: number;
}

/** Runs the start alone, then keeps the workers busy until so many results have arrived. */
async function simulate(
  side: Side,
  { space, objective }: Landscape,
  workers: number,
  evaluations: number,
  seed: number,
): Promise<Outcome> {
  const durations = RandomStream.fromSeed(90_000 + seed);
  let best = objective(space.defaults());
  let now = 0;
  const running: { readonly asked: Asked; readonly end: number }[] = [];
  const start = async () => {
    running.push({ asked: await side.ask(), end: now + Math.exp(durations.normal()) });
  };
  for (let worker = 0; worker < workers; worker++) await start();
  for (let finished = 0; finished < evaluations; finished++) {
    const first = running.reduce((a, b) => (b.end < a.end ? b : a));
    running.splice(running.indexOf(first), 1);
    now = first.end;
    const value = objective(first.asked.configuration);
    best = Math.min(best, value);
    await side.tell(first.asked, value);
    await start();
  }
  return { best, unused: await side.unused() };
}

type LateRule = "told" | "told as foreign" | "discarded";

/** Standard deviation of the first generation for both sides, as a share of the range. */
const initialDeviation = (n: number): number => Math.min(0.2, Math.max(0.08, 0.32 / Math.sqrt(n)));

function ours({ space, objective }: Landscape, seed: number, late: LateRule): Side {
  const start = space.defaults();
  const optimizer = optimizerFactory("cma-es:screening=false").create(space, {
    seed,
    start,
    initialDeviation: Object.fromEntries(
      space.numericAxes.map(({ name }) => [name, initialDeviation(space.parameters.length)]),
    ),
  });
  optimizer.tell({ configuration: start, evaluation: { kind: "value", value: objective(start) } });
  const askedIn = new Map<number, number>();
  let finished = 1;
  return {
    async ask() {
      const asked = optimizer.ask();
      if (late !== "told") askedIn.set(asked.id, optimizer.view().generation);
      return asked;
    },
    async tell({ id, configuration }, value) {
      finished += 1;
      const isLate = late !== "told" && askedIn.get(id) !== optimizer.view().generation;
      if (isLate && late === "discarded") optimizer.forget(id);
      else
        optimizer.tell({
          ...(!isLate && { candidate: id }),
          configuration,
          evaluation: { kind: "value", value },
        });
    },
    async unused() {
      return 1 - optimizer.view().told / finished;
    },
  };
}

/** Optuna behind a pipe: one JSON line to ask or tell, one JSON line back. */
const optunaServer = `
import json, sys, warnings
warnings.filterwarnings("ignore")
import cmaes, optuna
optuna.logging.set_verbosity(optuna.logging.CRITICAL)

def main():
    study, trials, generation_key = None, {}, None
    for line in sys.stdin:
        message = json.loads(line)
        kind = message["kind"]
        if kind == "hello":
            answer = {"optuna": optuna.__version__, "cmaes": cmaes.__version__}
        elif kind == "create":
            numeric = [p for p in message["space"] if p["kind"] != "categorical"]
            margin = any(p["kind"] == "int" for p in numeric)
            sampler = optuna.samplers.CmaEsSampler(
                seed=message["seed"], sigma0=message["deviation"], with_margin=margin,
                x0={p["name"]: p["default"] for p in numeric})
            study, trials, space = optuna.create_study(sampler=sampler), {}, message["space"]
            study.enqueue_trial({p["name"]: p["default"] for p in space})
            answer = {}
        elif kind == "ask":
            trial = study.ask()
            trials[trial.number] = trial
            configuration = {}
            for p in space:
                if p["kind"] == "categorical":
                    configuration[p["name"]] = trial.suggest_categorical(p["name"], p["choices"])
                elif p["kind"] == "int":
                    configuration[p["name"]] = trial.suggest_int(p["name"], p["low"], p["high"])
                else:
                    configuration[p["name"]] = trial.suggest_float(p["name"], p["low"], p["high"])
            answer = {"id": trial.number, "configuration": configuration}
        elif kind == "tell":
            study.tell(trials.pop(message["id"]), message["value"])
            answer = {}
        else:
            generations = [v for t in study.get_trials(deepcopy=False) for k, v in t.system_attrs.items()
                           if k.endswith("generation")]
            complete = sum(t.state == optuna.trial.TrialState.COMPLETE for t in study.get_trials(deepcopy=False))
            answer = {"generation": max(generations, default=0), "complete": complete}
        print(json.dumps(answer), flush=True)

main()
`;

const askAnswer = z.object({
  id: z.number(),
  configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});
const countAnswer = z.object({ generation: z.number(), complete: z.number() });
const helloAnswer = z.object({ optuna: z.string(), cmaes: z.string() });

class Optuna {
  private readonly answers: AsyncIterator<string>;

  private constructor(private readonly server: ChildProcessWithoutNullStreams) {
    this.answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  }

  /** What is missing, in words, where it cannot be started. */
  static async start(python: string | undefined): Promise<{ optuna: Optuna; versions: string } | string> {
    if (python === undefined) return "no Optuna (AGENT_TUNE_PYTHON is not set)";
    const server = spawn(python, ["-c", optunaServer], { stdio: ["pipe", "pipe", "pipe"] });
    const complaint: string[] = [];
    server.stderr.on("data", (chunk: Buffer) => complaint.push(chunk.toString()));
    const failed = new Promise<string>((resolve) => {
      server.on("error", (error) => resolve(error.message));
      server.on("close", () => resolve(complaint.join("").trim().split("\n").at(-1) ?? "ended"));
    });
    server.stdin.on("error", () => undefined);
    const optuna = new Optuna(server);
    const hello = optuna.request({ kind: "hello" }).then((answer) => helloAnswer.parse(answer));
    const first = await Promise.race([hello.catch(() => failed), failed]);
    if (typeof first === "string") return `no Optuna (${python}: ${first})`;
    return { optuna, versions: `optuna ${first.optuna}, cmaes ${first.cmaes}` };
  }

  async side({ space, objective }: Landscape, seed: number): Promise<Side> {
    const n = space.parameters.length;
    const parameters = space.parameters.map((parameter) => ({
      ...parameter,
      default: space.defaults()[parameter.name],
    }));
    await this.request({ kind: "create", space: parameters, seed, deviation: initialDeviation(n) });
    const ask = async (): Promise<Asked> => {
      const { id, configuration } = askAnswer.parse(await this.request({ kind: "ask" }));
      return { id, configuration: configuration satisfies Readonly<Record<string, ParameterValue>> };
    };
    const tell = async ({ id }: Asked, value: number) => {
      await this.request({ kind: "tell", id, value });
    };
    const start = await ask();
    await tell(start, objective(start.configuration));
    const populationSize = 4 + Math.floor(3 * Math.log(space.numericAxes.length));
    return {
      ask,
      tell,
      unused: async () => {
        const { generation, complete } = countAnswer.parse(await this.request({ kind: "count" }));
        // What the generation under way has so far counts as used.
        return Math.max(0, 1 - ((generation + 1) * populationSize) / complete);
      },
    };
  }

  end(): void {
    this.server.stdin.end();
  }

  private async request(message: object): Promise<unknown> {
    this.server.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error("the Python process ended");
    return JSON.parse(value);
  }
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "31" },
    evaluations: { type: "string", default: "400" },
    out: { type: "string" },
  },
});
const seeds = Number(options.seeds);
const evaluations = Number(options.evaluations);
const finish = conditions(`node dist/evals/asynchronous.js --seeds ${seeds} --evaluations ${evaluations}`);
const optuna = await Optuna.start(process.env["AGENT_TUNE_PYTHON"]);
const compared = typeof optuna === "string" ? `skipped: ${optuna}` : optuna.versions;

const rules: readonly (readonly [string, LateRule])[] = [
  ["agent-tune", "told"],
  ["late as foreign", "told as foreign"],
  ["late discarded", "discarded"],
];
const significant = (value: number): number => Number(value.toPrecision(3));
const rows: Record<string, string | number>[] = [];
for (const [name, n] of problems) {
  for (const workers of workerCounts) {
    const sides: (readonly [string, (place: Landscape, seed: number) => Side | Promise<Side>])[] = rules.map(
      ([title, rule]) => [title, (place, seed) => ours(place, seed, rule)],
    );
    if (typeof optuna !== "string") sides.push(["Optuna", (place, seed) => optuna.optuna.side(place, seed)]);
    for (const [title, make] of sides) {
      const outcomes: Outcome[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        const place = landscape(name, n, seed);
        outcomes.push(await simulate(await make(place, seed), place, workers, evaluations, seed));
      }
      const best = outcomes.map((outcome) => outcome.best);
      rows.push({
        function: name,
        parameters: n,
        workers,
        side: title,
        median: significant(quantile(best, 0.5)),
        q1: significant(quantile(best, 0.25)),
        q3: significant(quantile(best, 0.75)),
        unused: significant(outcomes.reduce((sum, { unused }) => sum + unused, 0) / outcomes.length),
      });
    }
  }
}
if (typeof optuna !== "string") optuna.optuna.end();

const header = ["function", "parameters", "workers", "side", "median", "q1", "q3", "unused"];
process.stdout.write(
  `${plainTable(
    header,
    rows.map((row) => header.map((column) => row[column] ?? "")),
  )}\n`,
);
process.stdout.write(`best value after ${evaluations} evaluations, ${seeds} seeds; Optuna: ${compared}\n`);
if (options.out !== undefined) {
  const result = { ...finish(), evaluations, seeds, durations: "log-normal(0, 1)", optuna: compared, rows };
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Does the optimizer of the published Centaur, alone, reach what Optuna's CMA-ES sampler reaches? Both run on four tasks
 * without failures and constraints, from the same start; the seeds of one have nothing to do with those of the other.
 *
 *   npm run build && AGENT_TUNE_PYTHON=python3 node dist/evals/methods/published-centaur/compare-with-optuna.js [SEEDS]
 *
 * Prints medians of true values half-way and at the end, how far they are apart as a share of the interquartile range of
 * all values, and p of the rank-sum test. Ends with 0 where no p is below 0.05 after Bonferroni's correction and no
 * medians are further apart than half of that range; with 1 where one is; with 2 where there is no Optuna.
 */
import { plainTable } from "../../bench/plain-table.js";
import { benchmarkNamed } from "../../benchmarks.js";
import { checkOptuna, optunaMethod, pythonVariable } from "../optuna/optuna-method.js";
import { type Agreement, agreement } from "./agreement.js";
import { publishedCentaurMethod } from "./published-centaur.js";

/** Optuna is shown exponents in place of powers, which is what `encoding=told` makes of them. */
const compared = [
  { task: "own/sphere", ours: "published-centaur" },
  { task: "own/rotated", ours: "published-centaur" },
  { task: "own/choices", ours: "published-centaur" },
  { task: "own/mixed", ours: "published-centaur:encoding=told" },
] as const;
const theirs = "optuna-cma-es";

/** About three standard errors of a difference of medians over 60 seeds a side. */
const tolerance = 0.5;
const significance = 0.05;

const { available, skipped, versions } = checkOptuna(process.env);
if (available.includes(theirs)) {
  process.exitCode = await run(Number(process.argv[2] ?? 60));
} else {
  const reason = skipped.find(({ name }) => name === theirs)?.reason ?? "it is not known";
  process.stderr.write(`${theirs} cannot be run: ${reason}\n`);
  process.exitCode = 2;
}

async function run(seeds: number): Promise<number> {
  const found: Agreement[] = [];
  const optuna = optunaMethod(theirs, process.env[pythonVariable] ?? "python3");
  try {
    for (const { task: name, ours } of compared) {
      const task = await benchmarkNamed(name);
      found.push(...(await agreement(task, [publishedCentaurMethod(ours), optuna], { seeds, trials: task.trials })));
    }
  } finally {
    optuna.close();
  }
  const differ = ({ p, apart }: Agreement) => p * found.length < significance || apart > tolerance;
  const rows = found.map((each) => [
    each.task,
    each.trials,
    ...each.medians.map((median) => median.toPrecision(6)),
    each.apart.toFixed(2),
    each.p.toFixed(3),
    differ(each) ? "NO" : "yes",
  ]);
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(`${seeds} seeds, ${used.join(", ")}\n`);
  process.stdout.write(`${plainTable(["task", "trials", "published-centaur", theirs, "apart", "p", "agree"], rows)}\n`);
  return found.some(differ) ? 1 : 0;
}

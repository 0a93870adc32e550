/**
 * Does agent-tune help on a real training script without any model? Tunes examples/char-lm with the built-in rules
 * as advisor, over several study seeds, and compares the answer with the default on fresh seeds.
 *
 *   npm run build && node dist/evals/char-lm-rules.js [--seeds 10] [--trials 40] [--jobs 2] [--advisor rules]
 *
 * Writes evals/results/char-lm-ADVISOR.json and prints the same as a table.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../src/llm/package-root.js";
import { Store } from "../src/store/index.js";
import { readStudy } from "../src/study/reading.js";
import { startFromFile } from "../src/study/session.js";
import { type Summary, summarize } from "../src/study/summary.js";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    trials: { type: "string", default: "40" },
    jobs: { type: "string", default: "2" },
    advisor: { type: "string", default: "rules" },
  },
});
const seeds = Number(options.seeds);
const trials = Number(options.trials);
const path = join(packageRoot(), "examples", "char-lm", "agent-tune.yaml");
const text = readFileSync(path, "utf8");

async function study(seed: number): Promise<Summary> {
  const folder = mkdtempSync(join(tmpdir(), "agent-tune-eval-"));
  const store = Store.open(folder, { create: true });
  try {
    const running = await startFromFile(
      {
        store,
        env: process.env,
        holder: { pid: process.pid, host: hostname() },
        nonce: randomUUID,
      },
      { path, text, overrides: { seed, trials, parallel: 1, model: options.advisor } },
    );
    try {
      await running.run();
    } finally {
      running.close();
    }
    return summarize(readStudy(store, running.id));
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const queue = Array.from({ length: seeds }, (_, index) => index + 1);
const summaries: Summary[] = [];
await Promise.all(
  Array.from({ length: Number(options.jobs) }, async () => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const summary = await study(seed);
      summaries.push(summary);
      process.stderr.write(
        `seed ${seed}: default ${summary.default?.fresh?.mean.toFixed(4)} best ${summary.best?.fresh?.mean.toFixed(4)}\n`,
      );
    }
  }),
);
summaries.sort((a, b) => a.study.seed - b.study.seed);

const rows = summaries.map((summary) => {
  const start = summary.default?.fresh;
  const best = summary.best?.fresh;
  const gain = summary.gain;
  const noise = summary.noise?.deviation ?? null;
  return {
    seed: summary.study.seed,
    default: start?.mean ?? null,
    defaultDeviation: start?.deviation ?? null,
    best: best?.mean ?? null,
    bestDeviation: best?.deviation ?? null,
    bestFrom: summary.best?.origin ?? null,
    gain: gain?.absolute ?? 0,
    interval: gain?.interval ?? null,
    noise,
    beyondNoise: gain !== null && noise !== null && gain.absolute > noise,
    failed: summary.trials.failed,
    replicates: summary.trials.replicate,
    seconds: Math.round(summary.seconds),
  };
});
const won = rows.filter((row) => row.beyondNoise).length;
const gains = rows.map((row) => row.gain).sort((a, b) => a - b);
const result = {
  command: `node dist/evals/char-lm-rules.js --seeds ${seeds} --trials ${trials} --jobs ${options.jobs} --advisor ${options.advisor}`,
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores, Node ${process.versions.node}, shared`,
  optimizer: summaries[0]?.optimizer,
  advisor: summaries[0]?.advisor,
  trials,
  seeds,
  wonBeyondNoise: won,
  medianGain: gains[Math.floor(gains.length / 2)],
  rows,
};
writeFileSync(
  join(packageRoot(), "evals", "results", `char-lm-${options.advisor}.json`),
  `${JSON.stringify(result, null, 2)}\n`,
);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
if (won < Math.ceil(seeds * 0.9)) process.exitCode = 1;

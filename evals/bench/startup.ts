/**
 * How long do short commands take beyond Node itself? Runs the built program as whole processes, each command next to
 * a bare `node -e 0`, so that both see the same load of the machine.
 *
 *   npm run bench:startup [-- --repetitions 15 --program FILE]
 *
 * Wall time as a person waits it, and processor time (user and system), which others on the machine disturb less.
 * Writes evals/results/bench-startup.json; ends with 1 where --help or status takes 150 ms or more of processor time
 * beyond Node. Needs bash, which tells the processor time of a child.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { packageRoot } from "../../src/llm/package-root.js";
import { median } from "../../src/math/vector.js";
import { Store } from "../../src/store/index.js";
import { startFromFile } from "../../src/study/session.js";
import { conditions } from "./conditions.js";
import { plainTable } from "./plain-table.js";
import { rounded } from "./rounded.js";
import { openStandInStudy, runUntil } from "./stand-in-study.js";

const manifest = z
  .object({ bin: z.object({ "agent-tune": z.string() }) })
  .parse(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")));
const { values: options } = parseArgs({
  options: {
    repetitions: { type: "string", default: "15" },
    program: { type: "string", default: join(packageRoot(), manifest.bin["agent-tune"]) },
    output: { type: "string", default: join(packageRoot(), "evals", "results", "bench-startup.json") },
  },
});

/** Processor time beyond bare Node that --help and status may take, in milliseconds. */
const allowed = 150;

interface Run {
  readonly wall: number;
  readonly processor: number;
}

/** One process from its start to its end, in milliseconds. */
function run(args: readonly string[], cwd: string): Run {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null';
  const { status, stderr } = spawnSync("bash", ["-c", script, "bash", process.execPath, ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
  });
  const times = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/m.exec(stderr.trim());
  if (status !== 0 || times === null) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  const [wall = 0, user = 0, system = 0] = times.slice(1).map((seconds) => 1000 * Number(seconds));
  return { wall, processor: user + system };
}

/** A folder with a finished study that came from a study file, as the command line leaves it. */
async function smallStudy(folder: string): Promise<void> {
  const path = join(folder, "agent-tune.yaml");
  const text = `study: small
command: ${process.execPath} -e "console.log('loss:', ({lr} - 0.01) ** 2)"
objective: {metric: loss, direction: minimize}
parameters:
  lr: {type: float, low: 1e-5, high: 1, scale: log, default: 1e-3}
budget: {trials: 10}
noise: {final_seeds: 1}
advisor: rules
`;
  writeFileSync(path, text);
  const store = Store.open(join(folder, ".agent-tune"), { create: true });
  const study = await startFromFile(
    { store, env: process.env, holder: { pid: process.pid, host: "localhost" }, nonce: () => crypto.randomUUID() },
    { path, text, overrides: {} },
  );
  await study.run();
  study.close();
  store.close();
}

/** A folder with a study of 14 parameters and a thousand finished trials. */
async function largeStudy(folder: string): Promise<void> {
  const store = Store.open(join(folder, ".agent-tune"), { create: true });
  const study = openStandInStudy(store, { advisor: "rules", optimizer: "cma-es", trials: 1100 });
  await runUntil(study, 1000);
  study.close();
  store.close();
}

const measuredUnder = conditions("npm run bench:startup");
const scratch = mkdtempSync(join(tmpdir(), "agent-tune-startup-"));
const small = mkdtempSync(join(scratch, "small-"));
const large = mkdtempSync(join(scratch, "large-"));
const cases = [
  { name: "--help", args: ["--help"], cwd: small, bounded: true },
  { name: "--version", args: ["--version"], cwd: small, bounded: true },
  { name: "status", args: ["status"], cwd: small, bounded: true },
  { name: "status --json", args: ["status", "--json"], cwd: small, bounded: true },
  { name: "trials", args: ["trials"], cwd: small, bounded: false },
  { name: "status, 1,000 trials", args: ["status"], cwd: large, bounded: false },
  { name: "trials, 1,000 trials", args: ["trials"], cwd: large, bounded: false },
];
const pairs = new Map(cases.map(({ name }) => [name, { bare: [] as Run[], command: [] as Run[] }]));
try {
  await smallStudy(small);
  await largeStudy(large);
  // One of each first: what is read for the first time comes from the disk.
  for (const { args, cwd } of cases) run([options.program, ...args], cwd);
  for (let repetition = 0; repetition < Number(options.repetitions); repetition++) {
    for (const { name, args, cwd } of cases) {
      pairs.get(name)?.bare.push(run(["-e", "0"], cwd));
      pairs.get(name)?.command.push(run([options.program, ...args], cwd));
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const rows = cases.map(({ name, bounded }) => {
  const { bare = [], command = [] } = pairs.get(name) ?? {};
  const summary = (of: (run: Run) => number) => ({
    bare: rounded(median(bare.map(of)), 0),
    median: rounded(median(command.map(of)), 0),
    minimum: rounded(Math.min(...command.map(of)), 0),
    beyondBare: rounded(median(command.map((each, index) => of(each) - of(bare[index] ?? each))), 0),
    beyondBareMinimum: rounded(Math.min(...command.map(of)) - Math.min(...bare.map(of)), 0),
  });
  return { command: name, bounded, processor: summary((each) => each.processor), wall: summary((each) => each.wall) };
});
const result = { ...measuredUnder(), repetitions: Number(options.repetitions), unit: "milliseconds", rows };
writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(
  `${plainTable(
    ["command", "CPU", "beyond node", "least", "wall", "beyond node", "least"],
    rows.map(({ command, processor, wall }) => [
      command,
      processor.median,
      processor.beyondBare,
      processor.beyondBareMinimum,
      wall.median,
      wall.beyondBare,
      wall.beyondBareMinimum,
    ]),
  )}\n\nms: median, median of the differences to a bare node beside it, difference of the least\n`,
);
if (rows.some((each) => each.bounded && each.processor.beyondBare >= allowed)) process.exitCode = 1;

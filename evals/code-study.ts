/**
 * How often is an edit kept that changes nothing, and how often one that helps? Whole studies with real edits in a real
 * repository and simulated runs: the search of numbers, the tuning of both sides, the pairs and the levels together,
 * where evals/code-gate.ts looks at the gate alone.
 *
 *   node dist/evals/code-study.js [--studies N] [--out FOLDER]
 *
 * Values are a bowl over two parameters with noise from the seed. Writes code-study.json.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ScriptedSubmission } from "../src/code/coder/index.js";
import { codeVersionSchema } from "../src/code/version.js";
import { packageRoot } from "../src/llm/package-root.js";
import { RandomStream } from "../src/math/random.js";
import { simulatedCodeStudy, simulatedFolder } from "../src/study/code/testing/simulated-code-study.js";
import { conditions } from "./bench/conditions.js";

/** Standard deviation of a run; gains are in units of it. */
const noise = 0.05;
const trials = 300;
const source = 'import sys\n\n\ndef layers():\n    return ["dense"]\n\n\nprint("loss:", len(layers()))\n';

interface Outcome {
  readonly studies: number;
  readonly tried: number;
  readonly kept: number;
  readonly studiesThatKept: number;
  /** Of versions that gain nothing; after a kept one the search goes on with it. */
  readonly trialsPerTry?: number;
}

const { values } = parseArgs({
  options: {
    studies: { type: "string", default: "40" },
    out: { type: "string", default: join(packageRoot(), "evals", "results") },
  },
});
const studies = Number(values.studies);

const finish = conditions(`node dist/evals/code-study.js --studies ${studies}`);
const rows: Record<string, Outcome> = {};
for (const [name, depth] of [
  ["nothing, flat bowl", 1],
  ["nothing, steep bowl", 20],
] as const) {
  rows[name] = await measure(0, depth, studies);
}
for (const gain of [1, 2, 3]) rows[`gain of ${gain}, flat bowl`] = await measure(gain, 1, Math.ceil(studies / 4));
const result = { ...finish(), trials, noise, rows };
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, "code-study.json"), `${JSON.stringify(result, null, 1)}\n`);
for (const [name, { tried, kept, studiesThatKept, trialsPerTry, studies: count }] of Object.entries(rows)) {
  process.stdout.write(
    `${name.padEnd(24)} ${kept} of ${tried} versions kept, in ${studiesThatKept} of ${count} studies${trialsPerTry === undefined ? "" : `; ${trialsPerTry.toFixed(1)} trials a try`}\n`,
  );
}

/** Studies in which every version is better than the first by `gain` standard deviations of a run; 0: no better. */
async function measure(gain: number, depth: number, count: number): Promise<Outcome> {
  let [tried, kept, studiesThatKept, spent] = [0, 0, 0, 0];
  for (let seed = 1; seed <= count; seed++) {
    const folder = simulatedFolder();
    const { study, store } = simulatedCodeStudy(folder, {
      source,
      script: Array.from({ length: 40 }, (_unused, k) => renamed(k)),
      run: ({ version, configuration, seed: own }) =>
        2 +
        depth * ((Number(configuration.x) - 0.8) ** 2 + (Number(configuration.y) - 0.3) ** 2) +
        noise * RandomStream.fromSeed(own).normal() -
        (version === "v0" ? 0 : gain * noise),
      trials,
      seed,
    });
    await study.run();
    study.close();
    const versions = store.codeVersions("s1").map(({ data }) => codeVersionSchema.parse(data));
    // With a gain all versions are equally good: only the first that is kept is a gain over its parent.
    const judged = versions.filter(({ parent, reason }) => parent !== null && !reason.startsWith("The budget"));
    const firstKept = judged.findIndex(({ status }) => status === "kept");
    const counted = gain > 0 && firstKept >= 0 ? judged.slice(0, firstKept + 1) : judged;
    const keptHere = counted.filter(({ status }) => status === "kept").length;
    tried += counted.length;
    kept += keptHere;
    if (keptHere > 0) studiesThatKept++;
    spent += store
      .trials("s1")
      .filter(({ proposal }) => proposal.version !== "v0" || proposal.purpose === "gate").length;
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const cost = gain === 0 ? { trialsPerTry: spent / Math.max(1, tried) } : {};
  return { studies: count, tried, kept, studiesThatKept, ...cost };
}

/** The same program with another name in it. */
function renamed(k: number): ScriptedSubmission {
  return {
    kind: "edit",
    parent: "v0",
    edits: [{ kind: "replace", path: "train.py", search: '["dense"]', replace: `["layer${k}"]` }],
    summary: `rename to layer${k}`,
    hypothesis: "none: the name changes nothing",
  };
}

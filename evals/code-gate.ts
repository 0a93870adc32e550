/**
 * Does the gate for code versions (src/code/gate) keep edits that change nothing, does it find gains, and with how many
 * runs?
 *
 *   npm run build && node dist/evals/code-gate.js [--studies 1000] [--out evals/results/code-gate.json]
 *
 * Simulated studies, gains in standard deviations of one run. First, studies of 200 versions of which none gains
 * anything: share of versions kept, and share of studies that keep any. Then studies whose first 20 versions all have
 * the same true gain: share kept and mean number of pairs. Last, studies of 100 versions of which every tenth gains
 * three: what share of the kept ones gain nothing. Rivals: keep if one run is better, if the mean of three is,
 * and Welch's test at 95 % on five runs each.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { conditions } from "./bench/conditions.js";
import { plainTable } from "./bench/plain-table.js";
import { rounded } from "./bench/rounded.js";
import { runNoises } from "./code-gate/conditions.js";
import { rivals } from "./code-gate/rivals.js";
import { gateJudge, type Judge, simulateStudy, type Verdict } from "./code-gate/simulate.js";
import { mean } from "./statistics/index.js";

const { values: options } = parseArgs({
  options: {
    studies: { type: "string", default: "1000" },
    out: { type: "string", default: "evals/results/code-gate.json" },
  },
});
const studies = Number(options.studies);
const finish = conditions(`node dist/evals/code-gate.js --studies ${studies}`);

const maxPairs = 20;
const judges: readonly Judge[] = [gateJudge(maxPairs), ...rivals];
const triesWithoutGain = 200;
/** Under a true gain only the first versions are looked at, at the levels that a short study has. */
const triesWithGain = 20;
const gains = [1, 2, 3, 5];

function simulate(judge: Judge, noise: (typeof runNoises)[number], gain: number, known: boolean) {
  const tries = gain === 0 ? triesWithoutGain : triesWithGain;
  const count = gain === 0 ? studies : Math.ceil(studies / 10);
  const each = Array.from({ length: count }, (_, seed) =>
    simulateStudy(judge, noise, { gain: [gain], tries, known, seed }),
  );
  const verdicts = each.flat();
  const reported = verdicts.flatMap((verdict: Verdict) => verdict.reported ?? []);
  return {
    noise: noise.name,
    noiseKnown: known,
    judge: judge.name,
    gain,
    kept: rounded(mean(verdicts.map(({ kept }) => Number(kept))), 5),
    firstKept: rounded(mean(each.map(([first]) => Number(first?.kept ?? false))), 3),
    studiesThatKeepAny: rounded(mean(each.map((study) => Number(study.some(({ kept }) => kept)))), 4),
    pairs: rounded(mean(verdicts.map(({ runs }) => runs / 2)), 2),
    ...(reported.length === 0
      ? {}
      : {
          reportedMean: rounded(mean(reported.map((gain) => gain.mean))),
          reportedLow: rounded(mean(reported.map((gain) => gain.low))),
        }),
  };
}

const without = runNoises.flatMap((noise) =>
  judges.flatMap((judge, index) =>
    (index === 0 ? [true, false] : [true]).map((known) => simulate(judge, noise, 0, known)),
  ),
);
const percent = (share: number) => `${(100 * share).toFixed(share < 0.01 ? 3 : 1)} %`;
process.stdout.write(`Versions that gain nothing, ${studies} studies of ${triesWithoutGain}.\n\n`);
process.stdout.write(
  `${plainTable(
    ["noise", "measured", "judge", "versions kept", "studies that keep any", "pairs"],
    without.map((row) => [
      row.noise,
      row.noiseKnown ? "yes" : "no",
      row.judge,
      percent(row.kept),
      percent(row.studiesThatKeepAny),
      row.pairs,
    ]),
  )}\n\n`,
);

const withGain = runNoises.flatMap((noise) =>
  judges.flatMap((judge) => gains.map((gain) => simulate(judge, noise, gain, true))),
);
process.stdout.write(
  `Versions with a true gain, at most ${maxPairs} pairs, first ${triesWithGain} versions of a study.\n\n`,
);
process.stdout.write(
  `${plainTable(
    ["noise", "judge", "gain", "kept", "first kept", "pairs", "reported mean", "reported low"],
    withGain.map((row) => [
      row.noise,
      row.judge,
      row.gain,
      percent(row.kept),
      percent(row.firstKept),
      row.pairs,
      row.reportedMean ?? "-",
      row.reportedLow ?? "-",
    ]),
  )}\n`,
);

const mixture = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const mixed = runNoises.flatMap((noise) =>
  judges.map((judge) => {
    const each = Array.from({ length: Math.ceil(studies / 10) }, (_, seed) => {
      const options = { gain: mixture, tries: 100, known: true, seed };
      const kept = simulateStudy(judge, noise, options).flatMap(({ kept }, index) => (kept ? [index] : []));
      const real = kept.filter((index) => mixture[index % mixture.length] !== 0).length;
      return { found: real / 10, wrong: kept.length === 0 ? 0 : 1 - real / kept.length };
    });
    const found = rounded(mean(each.map((study) => study.found)), 3);
    return { noise: noise.name, judge: judge.name, found, wrong: rounded(mean(each.map((study) => study.wrong)), 4) };
  }),
);
process.stdout.write("\nEvery tenth of 100 versions gains three deviations.\n\n");
process.stdout.write(
  `${plainTable(
    ["noise", "judge", "gains found", "of the kept ones, no gain"],
    mixed.map((row) => [row.noise, row.judge, percent(row.found), percent(row.wrong)]),
  )}\n`,
);

const unit = "shares, pairs of runs, gains in standard deviations of one run";
const result = { ...finish(), studies, maxPairs, unit, without, withGain, mixed };
writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);

import { describe, expect, test } from "vitest";
import { predictConfiguration } from "../study/prediction.js";
import { readStudy } from "../study/reading.js";
import { summarize } from "../study/summary.js";
import { codeReading, codeStudySettings, fiveVersions } from "../study/testing/code-reading.js";
import { evidenceByVersion, evidenceOf } from "../study/version-evidence.js";
import { bestSoFar } from "./best-so-far.js";
import { bestText } from "./best-text.js";
import { codeEventText, pairText } from "./code-lines.js";
import { predictionText } from "./prediction-text.js";
import { worthByOrigin } from "./proposal-worth.js";
import { reportMarkdown } from "./report-markdown.js";
import { statusText } from "./status-text.js";
import { studySvg } from "./study-svg.js";
import { SmallStudy } from "./testing/small-study.js";
import { textSummary } from "./text-summary.js";
import { trialLine } from "./trial-line.js";
import { trialText } from "./trial-text.js";
import { trialsTable } from "./trials-table.js";

const reading = codeReading();
const done = codeReading({ done: true });
const at = { study: "s1", folder: "/data/runs" };

test("the best so far is that of the version which was the answer at the time: a gain counts once it is kept", () => {
  const course = bestSoFar(reading);
  expect(course.map(({ version, value }) => `${version} ${value?.toFixed(1)}`)).toEqual([
    "v0 5.0",
    "v0 4.0",
    "v0 4.0",
    "v0 4.0",
    "v0 4.0",
    "v0 4.0",
    // The verdict falls after this trial; v3, which is held, never counts.
    "v2 3.0",
    "v2 3.0",
  ]);
});

test("nobody who proposes numbers is credited with what a version brought", () => {
  const worth = worthByOrigin(bestSoFar(reading), reading.settings.objective);
  expect(worth.get("cma-es")).toEqual({ improved: 1, gained: 1 });
});

describe("trials", () => {
  test("stand in one table with their version, and with the parameters of all versions", () => {
    const lines = trialsTable(reading, 100).split("\n");
    expect(lines[0]).toMatch(/^trial +loss +code +from +lr +warmup +seed$/);
    expect(lines[1]).toMatch(/^ +0 +5\.\d+ +v0 +default +1 +- +0$/);
    expect(lines[3]).toMatch(/^ +2 +4\.5\d+ +v1 +check run +2 +- /);
    // The luckiest value is of a version that is held, and the best is another one.
    expect(lines[5]).toMatch(/^ +4 +\* +3\.0\d+ +v2 +cma-es +2\.5 +20 /);
    expect(lines[7]).toMatch(/^ +6 +4\.0\d+ +v0 +pair 1 of v2 /);
    expect(
      Math.max(
        ...trialsTable(reading, 60)
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60);
  });

  test("say on what they ran, and with which they are compared", () => {
    const text = trialText(reading, reading.trials[6]!, []);
    expect(text).toContain("Code       v0, as it was given\n");
    expect(text).toContain("Pair       1 of v2, against trial 5 on v2\n");
    const kept = trialText(reading, reading.trials[4]!, []);
    expect(kept).toContain("trial 4 of edited, the best so far");
    expect(kept).toContain("Code       v2, kept: warm up | the learning rate");
    expect(kept).toMatch(/warmup +20 +default 0/);
  });

  test("have a line each, counted over all versions", () => {
    const { settings, trials } = reading;
    const study = {
      settings,
      evidence: evidenceOf(reading),
      versions: fiveVersions,
      progress: {
        phase: "search",
        trialsUsed: 9,
        trialsFinished: 8,
        trials: 40,
        secondsUsed: 1,
        running: [],
        thinking: false,
      },
    } as const;
    expect(trialLine(study, trials[6]!)).toMatch(/^\[ 8\/40\] trial 6 {3}v0 {2}pair 1 of v2 {3}loss 4\.0/);
    expect(trialLine({ ...study, versions: fiveVersions.slice(0, 1) }, trials[1]!)).toMatch(/trial 1 {3}cma-es +loss/);
  });
});

test("a pair is told once both of its runs have ended", () => {
  const { trials, settings } = reading;
  const format = (value: number): string => value.toFixed(1);
  expect(pairText(trials[6]!, trials, settings.objective, format)).toBe(
    "pair 1 on seed 71: v2 3.0, v0 4.0, better by 1.0",
  );
  expect(pairText(trials[5]!, trials.slice(0, 6), settings.objective, format)).toBeUndefined();
  expect(pairText(trials[1]!, trials, settings.objective, format)).toBeUndefined();
  const [candidate, parent] = [trials[5]!, trials[6]!];
  const same = {
    ...parent,
    number: 8,
    proposal: { ...parent.proposal, pair: { candidate: "v2", number: 1, sameNumbers: true } },
    outcome: { kind: "complete" as const, value: 2.5 },
  };
  expect(pairText(same, [candidate, parent, same], settings.objective, format)).toBe(
    "pair 1 on seed 71: v2 3.0, v0 with the numbers of v2 2.5, worse by 0.5",
  );
});

test("events about the code are lines without control characters, cut to size", () => {
  expect(codeEventText({ type: "version.made", version: "v0", parent: null, summary: "", flags: 0 })).toBeUndefined();
  expect(
    codeEventText({ type: "version.made", version: "v3", parent: "v1", summary: "a\u001b[31m\nb", flags: 2 }),
  ).toBe("v3 made from v1: a b (2 places to look at)");
  expect(codeEventText({ type: "version.decided", version: "v3", status: "kept", reason: "Better by 2." })).toBe(
    "v3 kept: Better by 2.",
  );
  const long = codeEventText({ type: "coder.failed", attempt: 3, failure: "deadline", message: "x".repeat(999) });
  expect(long).toMatch(/^no new version \(deadline\): x+…$/);
  expect(long?.length).toBeLessThan(250);
  expect(codeEventText({ type: "warning", message: "w" })).toBeUndefined();
});

test("the status says which version is the answer, what became of the others, and how far the trial of one is", () => {
  const text = statusText(reading, summarize(reading), undefined, { at });
  expect(text.replace(/\s+/g, " ")).toContain(
    "Code v2; 4 versions tried: 1 kept, 1 rejected, 1 held for you to judge; 1 edit refused; now v4 against v2: tuning, 1 of 4 trials",
  );
  expect(text).toContain("Progress  9 of 40 trials, 1 of them not finished");
  expect(text).toContain("Best      trial 4 by cma-es on v2: lr 2.5, warmup 20");
  expect(text.replace(/\s+/g, " ")).toContain(
    "1 code version looks better and is held for you to judge: agent-tune code tree s1 -C /data/runs.",
  );
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(statusText(done, summarize(done), undefined, { at })).toContain(
    "agent-tune code apply v2 -s s1 -C /data/runs makes a branch",
  );
});

test("the end of a run names the version and the command that brings its code", () => {
  const evidence = evidenceByVersion(done);
  const text = textSummary(summarize(done), evidence.now.space, 80, {}, evidence.base.space);
  expect(text).toMatch(/default {2}5\.\d+ ± .* trial 0 on v0\n/);
  expect(text).toMatch(/best {5}3\.\d+ ± .* trial 4 by cma-es on v2\n/);
  expect(text).toContain("Changed (2 of 2 parameters)");
  expect(text).toMatch(/warmup +new +→ +20/);
  expect(text).toContain("8 trials of the search and 4 final runs");
  expect(text).toContain("agent-tune code apply v2 makes a branch with its code");
});

test("the best configuration says which code it needs; every line of it can be pasted", () => {
  const text = bestText(done, summarize(done), ["arguments"], at);
  expect(text).toContain("# It needs code version v2: warm up | the learning rate\n");
  expect(text).toContain("by: agent-tune code apply v2 -s s1 -C /data/runs\n");
  expect(text).toContain("\n--lr=2.5 --warmup=20");
  for (const line of text.split("\n")) expect(line).toMatch(/^(#|--|$)/);
  const given = { ...done, head: "v0" };
  const summary = summarize(done);
  expect(bestText(given, { ...summary, best: summary.default }, ["arguments"])).toContain(
    "# It runs on the code as it was given.\n",
  );
});

test("a prediction is made in the search space of the version that is the answer", () => {
  const text = predictionText(reading, predictConfiguration(reading, { warmup: "50" }));
  expect(text).toContain("a configuration of edited, code v2;");
  expect(text).toMatch(/warmup +50 +default 0/);
});

describe("the report", () => {
  const evidence = evidenceByVersion(done);
  const course = bestSoFar(done);
  const text = reportMarkdown(done, evidence, course, summarize(done), undefined, {});

  test("answers with a version and how to get it", () => {
    expect(text).toContain(
      "The answer runs on code version v2 (warm up \\| the learning rate); `agent-tune code apply v2` makes a branch with it in your repository.",
    );
    expect(text).toMatch(/\| \*\*best\*\* \| 4 \| v2 \| cma-es \|/);
    expect(text).toMatch(/\| `warmup` \| `new` \| \*\*`20`\*\* \|/);
  });

  test("lists every version with its fate, its gain and what to look at", () => {
    expect(text).toContain("\n## Code versions\n");
    expect(text).toMatch(
      /\| \*\*v2\*\* \| v0 \| kept \| warm up \\\| the learning rate \| 1\.0\d* \(0\.80\d* to 1\.20\d*\), 6 \| - \|/,
    );
    expect(text).toMatch(/\| v3 \| v2 \| held \| evaluate on fewer examples \| 2\.0.*, 8 \| 1 \|/);
    expect(text).toContain("- v1, rejected: No gain shown.");
    expect(text).toContain('- v3, `train.py:9` (metric-output): It prints the metric. `print("loss", 0)`');
    expect(text).toContain("- edit of v0 refused (seed 3): seed.py is locked");
    expect(text).toContain("- no new version (deadline): No answer.");
  });

  test("has the parameters of all versions in the table of trials, and the state of the head's optimizer", () => {
    expect(text).toContain("| trial | code | from | loss | lr | warmup | time | peak memory | seed |");
    expect(text).toMatch(/## Optimizer's final state[\s\S]*\| `warmup` \|/);
    for (const table of text.split("\n\n").filter((block) => block.startsWith("| "))) {
      expect(new Set(table.split("\n").map((row) => row.match(/(?<!\\)\|/g)?.length)).size).toBe(1);
    }
  });

  test("reproduces with the files that could be edited and how that was confined", () => {
    const definition = {
      from: "file",
      path: "/p/agent-tune.yaml",
      text: "name: edited\n",
      overrides: { edit: ["train.py", "model/**"], sandbox: "require" },
      settings: codeStudySettings,
    };
    const fromFile = { ...done, record: { ...done.record, definition } };
    expect(reportMarkdown(fromFile, evidence, course, summarize(done), undefined, {})).toContain(
      "agent-tune run --config /p/agent-tune.yaml --seed 7 --edit train.py 'model/**' --sandbox require\n",
    );
  });

  test("draws the trials of all versions", () => {
    const svg = studySvg(evidence, course);
    expect(svg?.match(/<title>trial \d+ on v\d, /g)).toHaveLength(8);
    expect(svg).toContain("trial 6 on v0, cma-es (paired run)");
  });
});

test("what a store has of versions and head is read back", () => {
  const small = new SmallStudy();
  try {
    expect(readStudy(small.store, "s1")).toMatchObject({ head: undefined, versions: new Map() });
    for (const [number, data] of fiveVersions.entries()) small.store.putCodeVersion("s1", { number, data });
    expect([...readStudy(small.store, "s1").versions.values()]).toEqual(fiveVersions);
    small.store.putCodeVersion("s1", { number: 5, data: { id: "v5" } });
    expect(() => readStudy(small.store, "s1")).toThrow("Code version v5 cannot be read");
  } finally {
    small.remove();
  }
});

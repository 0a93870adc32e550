import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStudy } from "../study/reading.js";
import type { StudyReading, Summary } from "../study/summary.js";
import { summarize } from "../study/summary.js";
import { evidenceOf } from "../study/version-evidence.js";
import { bestSoFar } from "./best-so-far.js";
import { bestText } from "./best-text.js";
import { worthByOrigin } from "./proposal-worth.js";
import { statusText } from "./status-text.js";
import { SmallStudy } from "./testing/small-study.js";
import { textSummary } from "./text-summary.js";
import { trialLine } from "./trial-line.js";
import { trialText } from "./trial-text.js";
import { trialsTable } from "./trials-table.js";
import { writeReport } from "./write-report.js";

let small: SmallStudy;
let reading: StudyReading;
let summary: Summary;
const lines: string[] = [];

beforeAll(async () => {
  small = new SmallStudy();
  const { study, store } = small;
  study.subscribe(({ event }) => {
    if (event.type !== "trial.finished") return;
    const line = trialLine(study, store.trial(study.id, event.trial));
    if (line !== undefined) lines.push(line);
  });
  await study.run();
  reading = readStudy(store, study.id);
  summary = summarize(reading);
});
afterAll(() => small.remove());

describe("a line for each finished trial", () => {
  test("counts through the budget, then names the final runs", () => {
    expect(lines).toHaveLength(22);
    expect(lines[0]).toMatch(/^\[ 1\/16\] trial 0 {3}default +loss 3\.\d{4} .*\* start/);
    expect(lines[15]).toMatch(/^\[16\/16\] trial 15/);
    expect(lines[16]).toMatch(/^\[final\] trial 16 {2}final run of 0 +loss 3\./);
  });

  test("says what failed and why, without the log's escape sequences", () => {
    const failed = lines.find((line) => line.includes("failed: "));
    expect(failed).toContain("failed: out_of_memory");
    expect(failed).toContain("out of memory");
    expect(lines.join("")).not.toContain("\u001b");
  });

  test("marks new incumbents and says what the best is otherwise", () => {
    const best = lines.filter((line) => line.includes("* new best"));
    expect(best.length).toBe(reading.events.filter(({ type }) => type === "incumbent.changed").length - 1);
    expect(lines.slice(1, 16).every((line) => line.includes("* new best") || /best \d/.test(line))).toBe(true);
  });

  test("names a repeat as one", () => {
    expect(lines.some((line) => /repeat of \d+/.test(line))).toBe(true);
  });
});

test("what each side was worth adds up to what the incumbent gained", () => {
  const evidence = evidenceOf(reading);
  const course = bestSoFar(reading);
  const worth = worthByOrigin(course, evidence.objective);
  expect(course).toHaveLength(16);
  expect(course.at(-1)?.trial).toBe(evidence.incumbent?.group.first.number);
  const improved = [...worth.values()].reduce((sum, each) => sum + each.improved, 0);
  expect(improved).toBe(Object.values(summary.proposals).reduce((sum, each) => sum + each.improved, 0));
  const gained = [...worth.values()].reduce((sum, each) => sum + each.gained, 0);
  const moved = (course[0]?.value ?? 0) - (course.at(-1)?.value ?? 0);
  // Repeats correct estimates in between; apart from that the gains are the whole way.
  expect(gained).toBeGreaterThan(0.95 * moved);
});

test("the course of a long study may be taken at every so many trials: the same values, and always the last", () => {
  const course = bestSoFar(reading);
  expect(bestSoFar(reading, 5)).toEqual([0, 5, 10, 15].map((k) => course[k]));
  expect(bestSoFar(reading, 6)).toEqual([0, 6, 12, 15].map((k) => course[k]));
  expect(bestSoFar(reading, 99)).toEqual([course[0], course[15]]);
});

test("the best configuration can be pasted with every digit", () => {
  const text = bestText(reading, summary);
  const value = summary.best?.configuration.lr;
  expect(text).toContain(`--lr=${value} --width=${summary.best?.configuration.width}`);
  expect(text).toContain(`lr = ${value}\n`);
  expect(text).toContain(`activation = "${summary.best?.configuration.activation}"`);
  expect(text).toContain("\n# YAML\nlr: ");
  const outside = text.split("\n").filter((line) => line.includes("better"));
  expect(outside.every((line) => line.startsWith("#"))).toBe(true);
});

test("values that a shell would take apart are quoted, and Python's literals are Python's", () => {
  const odd: Summary = { ...summary, best: { ...summary.best!, configuration: { activation: "a 'b' $c" } } };
  expect(bestText(reading, odd, ["arguments"])).toContain(`'--activation=a '\\''b'\\'' $c'`);
  expect(bestText(reading, odd, ["constants"])).toContain(`activation = "a 'b' $c"`);
});

describe("the table of trials", () => {
  test("fits the width that there is, and names what it left out", () => {
    for (const width of [60, 80, 120]) {
      const table = trialsTable(reading, width).split("\n");
      expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
    expect(trialsTable(reading, 60)).toMatch(/no room for: .*seed/);
    expect(trialsTable(reading, 200)).not.toContain("no room");
    expect(trialsTable(reading, 200).split("\n")).toHaveLength(1 + 22 + 2);
  });
});

test("one trial in full", () => {
  const failed = reading.trials.find(({ outcome }) => outcome?.kind === "failed")!;
  const text = trialText(reading, failed, []);
  expect(text).toContain("Outcome    out_of_memory");
  expect(text).toMatch(/lr +0\.\d+ +1\/step +default 0\.001/);
  expect(text).toMatch(/area +\d+ +derived/);
  expect(text).toContain("CUDA out of memory");
  expect(text).not.toContain("\u001b");
});

test("a trial's curve is drawn with readings that were not finite, and a last one without a step at the end", () => {
  const trial = reading.trials[0]!;
  const observation = (index: number, step: number, value: number) => ({
    trial: 0,
    attempt: 1,
    index,
    metric: "loss",
    step,
    value,
    seconds: index,
  });
  const text = trialText(
    reading,
    trial,
    [
      observation(0, 10, 4),
      observation(1, 20, 3),
      observation(2, 30, Number.NaN),
      observation(3, 40, 2),
      observation(4, 4, 2),
    ],
    60,
  );
  expect(text).toContain("loss, 5 readings, 1 not finite (×)");
  expect(text).toMatch(/└10─+ step ─+40/);
});

test("the status says who works on the study, how far it is and what to do next", () => {
  const text = statusText({ ...reading, record: { ...reading.record, status: "open" } }, summary, {
    pid: 4711,
    host: "gpu7",
    since: Date.UTC(2026, 0, 2, 3, 4),
  });
  expect(text).toContain("valley (s1): running, process 4711 on gpu7 since 2026-01-02 03:04 UTC");
  expect(text).toContain("Progress  16 of 16 trials, 6 final runs");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const definition = { from: "file", path: "/p/agent-tune.yaml", text: "", overrides: {}, settings: reading.settings };
  const stopped = { ...reading, record: { ...reading.record, definition, status: "open" as const } };
  expect(statusText(stopped, summary, undefined)).toContain("agent-tune resume s1 goes on");
  const at = { study: "s1", folder: "/data/runs" };
  expect(statusText(stopped, summary, undefined, { at })).toContain("agent-tune resume s1 -C /data/runs goes on");
  const programs = statusText({ ...reading, record: { ...reading.record, status: "open" } }, summary, undefined);
  expect(programs).not.toContain("agent-tune resume");
  expect(programs).toContain("the program that started it goes on with it");
  expect(statusText(reading, summary, undefined, { at })).toContain("agent-tune best s1 -C /data/runs prints");
});

describe("the report", () => {
  let path: string;
  let text: string;
  beforeAll(() => {
    path = writeReport(small.store, reading);
    text = readFileSync(path, "utf8");
  });

  test("stands in the study's folder with its drawing and nothing half-written next to it", () => {
    expect(path).toBe(`${small.store.studyFolder("s1")}/report.md`);
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith("report"))).toEqual(["report.md", "report.svg"]);
    expect(readdirSync(dirname(path)).some((name) => name.includes("tmp"))).toBe(false);
    expect(text).toContain("](report.svg)");
  });

  test("has the answer first and every part that it promises", () => {
    expect(text.split("\n").slice(0, 3).join("\n")).toMatch(
      /^# valley\n\n\*\*loss 3\.\d+ → 2\.\d+, .* beyond the noise/,
    );
    for (const title of [
      "Configuration",
      "Course",
      "Who proposed what, and what it was worth",
      "Failures",
      "Noise",
      "Optimizer's final state",
      "Advisor's turns",
      "Cost",
      "Trials",
      "How to reproduce",
    ]) {
      expect(text).toContain(`\n## ${title}\n`);
    }
    expect(text).toMatch(/\| `lr` \| [\d.e-]+ \| [\d.e-]+ to [\d.e-]+ \| \d+ % \|/);
    expect(text).toContain("seed of the study: 7");
  });

  test("keeps every table whole, whatever a log printed", () => {
    const tables = text.split("\n\n").filter((block) => block.startsWith("| "));
    expect(tables.length).toBeGreaterThanOrEqual(6);
    for (const table of tables) {
      const cells = table.split("\n").map((row) => row.match(/(?<!\\)\|/g)?.length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  test("quotes what a log printed as code, without its control characters", () => {
    expect(text).not.toContain("\u001b");
    expect(text).toMatch(/- trial \d+ \([\w-]+\): ``+[^\n]*rm -rf/);
  });

  test("lists every trial", () => {
    for (const { number } of reading.trials) expect(text).toMatch(new RegExp(`^\\| ${number} \\| `, "m"));
  });

  test("draws each trial once", () => {
    const svg = readFileSync(path.replace(/md$/, "svg"), "utf8");
    expect(svg.match(/<title>trial \d+/g)).toHaveLength(16);
    expect(svg.match(/<(\w+)[ >]/g)?.length).toBeGreaterThan(20);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("has commands that find the study from anywhere", () => {
    expect(text).toContain(`\`agent-tune best s1 -C ${dirname(small.store.folder)}\``);
  });

  test("is the same when it is written again", () => {
    expect(readFileSync(writeReport(small.store, reading), "utf8")).toBe(text);
  });
});

test("a study whose trials all break a constraint says so, in each line and at the end", async () => {
  const strict = new SmallStudy({
    settings: {
      objective: { metric: "loss", direction: "minimize", constraints: ["loss < 0"] },
      budget: { trials: 3 },
    },
  });
  const said: string[] = [];
  strict.study.subscribe(({ event }) => {
    if (event.type !== "trial.finished") return;
    said.push(trialLine(strict.study, strict.store.trial("s1", event.trial)) ?? "");
  });
  try {
    await strict.study.run();
    expect(said).toHaveLength(3);
    for (const line of said) expect(line).toMatch(/loss \d+\.\d+ .* breaks loss < 0/);
    const text = readFileSync(writeReport(strict.store, readStudy(strict.store, "s1")), "utf8");
    expect(text).toContain("**3 trials completed, but none can be the answer: each breaks a constraint on metrics");
  } finally {
    strict.remove();
  }
});

test("a study in which nothing completed has a report too", async () => {
  const dead = new SmallStudy({
    settings: { budget: { trials: 3 } },
    objective: () => {
      throw new Error("CUDA out of memory.");
    },
  });
  try {
    await dead.study.run();
    const all = readStudy(dead.store, "s1");
    const text = readFileSync(writeReport(dead.store, all), "utf8");
    expect(text).toContain("**No trial completed, so there is no answer.**");
    expect(text).not.toContain("report.svg");
    expect(text).toContain("loss: no chart, since all 3 trials so far failed");
    const status = statusText(all, summarize(all), undefined);
    expect(status).toContain("loss: no chart, since all 3 trials so far failed");
    expect(status).not.toMatch(/[┤└]/);
    expect(textSummary(summarize(all), dead.study.space)).toContain("agent-tune show 0 shows a trial");
    expect(bestText(all, summarize(all))).toBe("# No trial has completed yet.");
  } finally {
    dead.remove();
  }
});

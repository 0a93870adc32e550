import { describe, expect, it } from "vitest";
import { type Analysis, analyse } from "../analysis/index.js";
import { type SimulatedMethod, simulatedRuns, simulatedTasks } from "../analysis/testing/simulated-runs.js";
import { type RunConditions, renderHtml, renderMarkdown, renderText, resultFileSchema } from "./index.js";
import { sectionsOf } from "./tables.js";

const about: RunConditions = {
  title: "smoke",
  question: "Does anything work?",
  about: "8 tasks, 3 methods, 4 seeds, at most 40 trials",
  command: "npm run eval -- --suite smoke",
  date: "2026-01-02T03:04:05.000Z",
  node: "20.20.0",
  cores: 2,
  seeds: 4,
  versions: { "agent-tune": "0.1.0" },
  code: { "cma-es": "0123456789abcdef" },
  skipped: [
    { name: "optuna-tpe", reason: "there is no Python" },
    { name: "optuna-gp", reason: "there is no Python" },
    { name: "lcbench/3945", reason: "no data" },
  ],
  failed: [],
  broken: [],
};

const tasks = simulatedTasks(8, 40);

function analysed(
  methods: readonly SimulatedMethod[],
  contrasts: readonly (readonly [string, string])[] = [],
): Analysis {
  return analyse(simulatedRuns(tasks, methods, { seeds: 4 }), {
    tasks,
    methods: methods.map(({ method }) => method),
    reference: methods[0]?.method ?? "",
    contrasts,
    checkpoints: [25],
    resamples: 60,
  });
}

const three: readonly SimulatedMethod[] = [
  { method: "cma-es", draws: 2, origins: ["cma-es", "cma-es"], failing: 0.1 },
  { method: "cma-es+rules", draws: 8, origins: ["rules", "cma-es"], usd: 0.001 },
  { method: "random", draws: 1, usd: null },
];
const analysis = analysed(three, [["cma-es+rules", "cma-es"]]);

/** Every element that is opened is closed, in order; fails otherwise. */
function expectWellFormed(html: string): void {
  const open: string[] = [];
  for (const [, end, name = ""] of html.replace(/<style>.*?<\/style>/s, "").matchAll(/<(\/?)([a-z0-9A-Z]+)[^<>]*>/g)) {
    if (end) expect(open.pop()).toBe(name);
    else if (!["meta", "wbr"].includes(name)) open.push(name);
  }
  expect(open).toEqual([]);
}

describe("a report", () => {
  it("says first what the runs show", () => {
    const [{ sentence } = { sentence: "" }] = analysis.contrasts;
    expect(sentence).toMatch(
      /^cma-es\+rules beats cma-es on 7 of 8 tasks, p = 0\.016, median \S+ times fewer trials \(95 % /,
    );
    for (const text of [renderText(analysis, about), renderMarkdown(analysis, about)]) {
      expect(text.replaceAll("\\", "").indexOf(sentence)).toBeGreaterThan(0);
      expect(text.replaceAll("\\", "").indexOf(sentence)).toBeLessThan(400);
      expect(text).toContain("The methods differ");
    }
    const html = renderHtml(analysis, about).replaceAll("<wbr>", "");
    expect(html.indexOf(sentence)).toBeGreaterThan(0);
    expect(html.indexOf(sentence)).toBeLessThan(html.indexOf("<figure"));
  });

  it("says what was promised and not kept, what failed and what was not run", () => {
    const told = {
      ...about,
      broken: [{ claim: "rules do no harm", found: "they do" }],
      failed: [{ name: "random on simulated/9, seed 1", reason: "it gave up" }],
    };
    for (const render of [renderText, renderMarkdown, renderHtml]) {
      const text = render(analysis, told);
      expect(text).toContain("Not kept: rules do no harm; they do");
      expect(text).toContain("seed 1 (it gave up)");
    }
    expect(renderMarkdown(analysis, told)).toContain(
      "- Skipped: optuna-tpe, optuna-gp (there is no Python); lcbench/3945 (no data)",
    );
    expect(renderMarkdown(analysis, told)).toContain("- Run again with: `npm run eval -- --suite smoke`");
  });

  it("says that a stand for nothing planned is nothing planned", () => {
    const duels = analysed(three);
    expect(renderText(duels, about)).toContain("No pairs were chosen before the runs");
    expect(renderText(analysis, about)).toContain("cma-es against each other method (not planned)");
  });

  it("says once that there are too few tasks to show anything", () => {
    const few = analyse(simulatedRuns(tasks.slice(0, 2), three, { seeds: 4 }), {
      ...{ tasks: tasks.slice(0, 2), methods: three.map(({ method }) => method), reference: "cma-es" },
      ...{ checkpoints: [], resamples: 20 },
    });
    for (const render of [renderText, renderMarkdown, renderHtml]) {
      expect(render(few, about).match(/2 tasks are too few for 2 contrasts, whatever the runs show/g)).toHaveLength(1);
    }
  });

  it("is the same every time, and the same from its file", () => {
    const file = JSON.parse(JSON.stringify({ ...about, analysis }));
    const { analysis: kept, ...conditions } = resultFileSchema.parse(file);
    for (const render of [renderText, renderMarkdown, renderHtml]) {
      expect(render(kept, conditions)).toBe(render(analysis, about));
    }
  });
});

describe("tables", () => {
  const titled = (title: string) => sectionsOf(analysis).find((section) => section.title === title);

  it("name methods with the best first", () => {
    expect(titled("Mean rank over tasks")?.rows.map(([method]) => method)).toEqual([
      "cma-es+rules",
      "cma-es",
      "random",
    ]);
  });

  it("mark the best method of each task, and in Markdown in bold", () => {
    const section = titled("Normalised regret at the end, by task");
    expect(section?.header).toEqual(["task", "trials", "cma-es+rules", "cma-es", "random"]);
    expect(section?.rows).toHaveLength(8);
    expect(section?.best?.every((cells) => cells.includes(2))).toBe(true);
    expect(renderMarkdown(analysis, about)).toMatch(/\| simulated\/1 \| 40 \| \*\*[0-9.e-]+\*\* \| [0-9.e-]+ \| /);
  });

  it("say what models cost, and that a price is unknown instead of guessing it", () => {
    const costs = titled("What a method costs");
    const of = (method: string) => costs?.rows.find(([name]) => name === method)?.slice(-6);
    expect(of("cma-es")).toEqual(["-", "-", "-", "-", "-", "-"]);
    expect(of("cma-es+rules")).toEqual(["13.0", "52000", "3900", "65.0", "0.0130", "0.42"]);
    expect(of("random")?.slice(-2)).toEqual(["unknown", "unknown"]);
  });

  it("leave to the files what a terminal has no room for", () => {
    const many = Array.from({ length: 14 }, (_, k) => ({ method: `a-method-with-a-long-name-${k}`, draws: k + 1 }));
    const text = renderText(analysed(many), about);
    expect(text).toContain("Normalised regret at the end, by task: see the files, the table is wide.");
    expect(text).toContain("Mean rank over tasks\n\nmethod");
  });
});

describe("the HTML report", () => {
  const html = renderHtml(analysis, about);

  it("is one well-formed document that loads nothing", () => {
    expectWellFormed(html);
    expect(html.startsWith("<!doctype html>\n<html")).toBe(true);
    expect(html.match(/https?:|\/\/|<script|<link|<img|@import|url\((?!#failed\))/)).toBeNull();
    expect(html.match(/NaN|Infinity|undefined|\[object/)).toBeNull();
  });

  it("draws speed-ups, ranks, courses, one chart for each task and bars of origins", () => {
    expect(html.match(/<figure/g)).toHaveLength(3 + tasks.length);
    expect(html.includes("critical difference")).toBe(true);
    expect(html.match(/<polygon/g)).toHaveLength(3 * (2 + tasks.length));
    expect(html.match(/class="bar"/g)).toHaveLength(9);
    expect(html.includes("rules 416 of 1280")).toBe(true);
    expect(html.includes('aria-label="Mean ranks: cma-es+rules 1.13, cma-es 2.00, random 2.88.')).toBe(true);
  });

  it("shows names from outside word for word and as nothing else, in every form", () => {
    const hostile = '</style><script>alert(1)</script>"><img src=x onerror=alert(1)>|*b*`';
    const odd = analysed(
      [
        { method: hostile, draws: 2, origins: [hostile, "cma-es"] },
        { method: "random", draws: 1 },
      ],
      [[hostile, "random"]],
    );
    const conditions = {
      ...about,
      title: hostile,
      question: hostile,
      command: hostile,
      skipped: [{ name: hostile, reason: hostile }],
    };
    const page = renderHtml(odd, conditions);
    expectWellFormed(page);
    expect(page.match(/<script|<img/)).toBeNull();
    expect(page.includes("&lt;img src=x onerror=alert(1)&gt;|*b*`")).toBe(true);
    const markdown = renderMarkdown(odd, conditions);
    expect(markdown).toContain("\\<script\\>");
    expect(markdown.split("\n").filter((line) => /^<|[^\\]<script/.test(line.replace(/`.*`/g, "")))).toEqual([]);
    const text = renderText(analysed([{ method: "a\u001b[31m\nb", draws: 1 }]), about);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("a b");
  });

  it("has room for the longest names and the most methods that suites have", () => {
    const many = Array.from({ length: 14 }, (_, k) => ({
      method: `cma-es+flaky:malformed=${k % 2},late=0,refusing=0,down=${k}`,
      draws: 1 + k,
    }));
    const page = renderHtml(analysed(many), about);
    expectWellFormed(page);
    expect(page.includes('<svg viewBox="0 0 1000 ')).toBe(true);
    expect(page.includes('<svg viewBox="0 0 350 ')).toBe(true);
    expect(page.match(/NaN|Infinity|undefined/)).toBeNull();
    // Names that are cut stay apart.
    const labels = [...page.matchAll(/<text x="[^"]+" y="[^"]+" fill="var\(--[a-z]+\)">([^<]+)</g)].map(
      ([, name]) => name,
    );
    expect(new Set(labels.slice(0, 14)).size).toBe(14);
  });

  it("of one method on one task leaves out what there is nothing to draw of", () => {
    const single = analyse(simulatedRuns(tasks.slice(0, 1), three.slice(0, 1), { seeds: 1 }), {
      tasks: tasks.slice(0, 1),
      methods: ["cma-es"],
      reference: "cma-es",
      checkpoints: [],
      resamples: 20,
    });
    const page = renderHtml(single, about);
    expectWellFormed(page);
    expect(page.includes("critical difference")).toBe(false);
    expect(page.includes("How much faster")).toBe(false);
    expect(page.match(/NaN|Infinity|undefined/)).toBeNull();
  });
});

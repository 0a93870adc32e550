import { cleanup, render } from "ink-testing-library";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Evidence } from "../evidence/index.js";
import { displayWidth } from "../report/terminal-text.js";
import { SmallStudy } from "../report/testing/small-study.js";
import type { Progress } from "../study/study.js";
import type { StudyEvent } from "../study/study-events.js";
import { RunScreenView } from "./run-screen-view.js";
import { RunState, type WatchedStudy } from "./run-state.js";
import { layOut } from "./screen-layout.js";
import { lineWidth } from "./styled-line.js";

let small: SmallStudy;
let now: number;

beforeEach(async () => {
  small = new SmallStudy({ settings: { budget: { trials: 14 } } });
  now = 0;
});
afterEach(() => {
  cleanup();
  small.remove();
});

/** A study as the screen sees it, with what it does at this moment set by the test. */
function watched(progress: Partial<Progress> = {}): WatchedStudy {
  const { study } = small;
  return {
    id: study.id,
    settings: study.settings,
    space: study.space,
    evidence: study.evidence,
    get progress() {
      return { ...study.progress, phase: "search" as const, ...progress };
    },
    versions: study.versions,
    codeStanding: study.codeStanding,
    view: () => study.view(),
    subscribe: (listener) => study.subscribe(listener),
  };
}

function stateOf(study: WatchedStudy = watched()): RunState {
  return new RunState(study, small.store, () => now);
}

function tell(state: RunState, ...events: readonly StudyEvent[]): void {
  for (const event of events) state.take({ sequence: 1, at: 0, event });
}

function frame(state: RunState, columns: number, rows: number, final = false): string {
  const { lastFrame, unmount } = render(<RunScreenView state={state} size={{ columns, rows }} final={final} />);
  const text = lastFrame() ?? "";
  unmount();
  return text;
}

describe("before anything has finished", () => {
  test("the screen says what it waits for", () => {
    const text = frame(stateOf(), 80, 24);
    expect(text).toContain("valley  cma-es alone");
    expect(text).toContain("0/14 trials");
    expect(text).toContain("loss: the first trial runs the configuration as it is today");
    expect(text).toContain("default  not run yet");
  });
});

describe("a study in which nothing completes", () => {
  test("has words in place of a chart", async () => {
    const dead = new SmallStudy({
      settings: { budget: { trials: 3 } },
      objective: () => {
        throw new Error("CUDA out of memory.");
      },
    });
    try {
      await dead.study.run();
      const text = frame(new RunState(dead.study, dead.store, () => now), 80, 24);
      expect(text).toContain("loss: no chart, since all 3 trials so far failed");
      expect(text).not.toMatch(/[┤└]/);
    } finally {
      dead.remove();
    }
  });
});

describe("a study that has run", () => {
  beforeEach(() => small.study.run());

  test("shows default against best, the chart with a letter for each side, and the optimizer's belief", () => {
    const state = stateOf();
    tell(state, { type: "study.started", resumed: false, advisor: "rules", optimizer: "cma-es" });
    const text = frame(state, 80, 40);
    expect(text).toMatch(/default {2}3\.\d+/);
    expect(text).toMatch(/best {5}2\.\d+.* better {2}trial \d+ by (rules|cma-es)/);
    expect(text).toMatch(/┤.*D/);
    expect(text).toContain("R rules");
    expect(text).toContain("o cma-es");
    expect(text).toContain("× failed");
    expect(text).toMatch(/lr +─*━*●━*─* +[\d.e-]+ \([\d.e-]+ to [\d.e-]+\)/);
    expect(text).toMatch(/activation +(relu|tanh) \d+ %/);
    expect(text).toMatch(/failed: out_of_memory \d/);
    expect(text).toContain("14/14 trials");
  });

  test.each([
    [140, 40],
    [120, 24],
    [80, 24],
    [80, 50],
    [60, 20],
    [40, 12],
    [20, 6],
    [300, 100],
  ])("at %i by %i nothing is wider than the terminal or as high", (columns, rows) => {
    const state = stateOf();
    tell(
      state,
      { type: "study.started", resumed: true, advisor: "openai:a-model-with-a-long-name", optimizer: "cma-es" },
      { type: "trial.started", trial: 3, attempt: 1, device: "GPU 0" },
      { type: "trial.started", trial: 4, attempt: 1 },
      {
        type: "advice.failed",
        turn: 3,
        failure: "deadline",
        message: "No answer within the deadline of 120 s. ".repeat(9),
      },
    );
    state.notice = "Ending cleanly: running trials are stopped and go back to the queue.";
    for (const final of [false, true]) {
      const { top, columns: pair, bottom } = layOut(state, { columns, rows }, final);
      const middle = Math.max(pair?.left.length ?? 0, pair?.right.length ?? 0);
      expect(top.length + middle + bottom.length).toBeLessThan(rows);
      for (const line of [...top, ...bottom]) expect(lineWidth(line)).toBeLessThan(columns);
      for (const line of pair?.left ?? []) expect(lineWidth(line)).toBeLessThanOrEqual(pair?.leftWidth ?? 0);
      for (const line of pair?.right ?? []) expect(lineWidth(line) + (pair?.leftWidth ?? 0)).toBeLessThan(columns);
    }
  });

  test("a running trial shows its time, its latest reading and where that is going", () => {
    const state = stateOf();
    tell(state, { type: "trial.started", trial: 5, attempt: 1 });
    for (const [step, value] of [
      [10, 4],
      [20, 3],
      [30, Number.NaN],
      [40, 2.5],
    ] as const) {
      tell(state, { type: "trial.observed", trial: 5, observation: { metric: "loss", step, value, seconds: step } });
    }
    tell(state, { type: "trial.observed", trial: 5, observation: { metric: "lr", step: 50, value: 9, seconds: 50 } });
    now = 72_000;
    expect(frame(state, 80, 24)).toMatch(/▸ trial 5 .* 72s {2}2\.5\d* at step 40 █▃▁/);

    tell(state, { type: "trial.requeued", trial: 5, attempt: 2, reason: "lost" });
    expect(frame(state, 80, 24)).not.toContain("▸");
  });

  test("an advisor that is waited for is shown with the time it takes, then with its reason", () => {
    let thinking = false;
    const study = watched();
    const state = stateOf({
      ...study,
      get progress() {
        return { ...study.progress, thinking };
      },
    });
    tell(state, { type: "study.started", resumed: false, advisor: "openai:gpt-x", optimizer: "cma-es" });
    thinking = true;
    state.follow();
    now = 12_000;
    expect(frame(state, 80, 24)).toContain("asking the advisor … 12s");
    thinking = false;
    tell(state, {
      type: "advice.received",
      turn: 4,
      advisor: "openai:gpt-x",
      decisions: [{ candidate: 1, action: "propose", reason: "warm up \u001b[2Jlonger" }],
    });
    const text = frame(state, 80, 24);
    expect(text).toContain("advisor proposed  “warm up longer”");
    expect(text).not.toContain("asking the advisor");
  });

  test("an advisor without an answer is not passed over", () => {
    const state = stateOf();
    tell(
      state,
      { type: "study.started", resumed: false, advisor: "openai:gpt-x", optimizer: "cma-es" },
      { type: "advice.failed", turn: 4, failure: "deadline", message: "No answer within 120 s." },
    );
    expect(frame(state, 100, 30)).toContain("advisor gave no answer (deadline): No answer within 120 s.");
  });

  test("turns without an answer are counted over the whole study, as the journal has them", () => {
    const started = { type: "study.started", resumed: false, advisor: "openai:gpt-x", optimizer: "cma-es" } as const;
    const failed = { type: "advice.failed", turn: 4, failure: "network", message: "connect ECONNREFUSED" } as const;
    const state = stateOf();
    for (const event of [started, failed, failed]) {
      small.store.appendEvent("s1", { at: 0, type: event.type, data: event });
      tell(state, event);
    }
    expect(frame(state, 120, 30)).toContain("advisor: no answer in 2 of 2 turns: network");
    tell(state, { ...started, advisor: null });
    expect(frame(state, 120, 30)).not.toContain("no answer in");
  });

  test("trials that end while the advisor is asked are counted, although nobody has learned from them yet", () => {
    const { study } = small;
    const learned = study.evidence.trials.slice(0, 1);
    const evidence = new Evidence(study.space, study.settings.objective);
    for (const trial of learned) evidence.add(trial);
    const state = stateOf({ ...watched({ thinking: true }), evidence });
    expect(state.searched.finished).toBe(14);
    expect(frame(state, 100, 30)).toContain("14/14 trials");
    expect(frame(state, 100, 30)).toMatch(/failed: out_of_memory \d/);
  });

  test("what was changed when it was resumed is told", () => {
    const state = stateOf();
    tell(state, { type: "study.changed", changes: [{ setting: "trials", from: 14, to: 40 }] });
    expect(frame(state, 80, 24)).toContain("Changed: trials 14 → 40");
  });

  test("the legend is whole where it fits, and never cut where it can be short", () => {
    const state = stateOf();
    expect(frame(state, 100, 30)).toContain("⠒ loss (minimize), best so far   D⠄ default");
    expect(frame(state, 60, 30)).toMatch(/⠒ best {3}D⠄ default .*× failed\n/);
  });

  test("the last picture shows nothing as going on", () => {
    const state = stateOf();
    tell(state, { type: "trial.started", trial: 5, attempt: 1 });
    expect(frame(state, 80, 24, true)).not.toContain("▸");
  });

  test("follows a resumed study from its stored trials", () => {
    const state = stateOf();
    expect(state.course).toHaveLength(14);
    expect(state.finals).toEqual({ done: 6, total: 6 });
    expect(frame(state, 80, 50)).toMatch(/final run of \d+/);
  });
});

test("follows a study while it runs, and its chart never falls behind the evidence", async () => {
  const { study } = small;
  const state = stateOf(study);
  const seen: number[] = [];
  study.subscribe((event) => {
    state.take(event);
    expect(state.course).toHaveLength(study.evidence.trials.length);
    if (event.event.type === "trial.started") seen.push(state.runningTrials.length);
  });
  await study.run();
  expect(seen.every((running) => running === 1)).toBe(true);
  expect(state.runningTrials).toEqual([]);
  expect(state.finals).toEqual({ done: 6, total: 6 });
  expect(displayWidth(frame(state, 80, 24).split("\n")[0] ?? "")).toBeLessThan(80);
  expect(frame(state, 80, 24)).toContain("done");
});

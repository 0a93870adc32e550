import { cleanup, render } from "ink-testing-library";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CodeVersion } from "../code/version.js";
import { optimizerFactory } from "../optimizers/index.js";
import type { EventRecord, TrialRecord } from "../store/index.js";
import { readSnapshot } from "../study/snapshot.js";
import type { CodeStanding } from "../study/study.js";
import type { StudyEvent } from "../study/study-events.js";
import { codeReading } from "../study/testing/code-reading.js";
import { evidenceByVersion } from "../study/version-evidence.js";
import { RunScreenView } from "./run-screen-view.js";
import { RunState, type WatchedStore, type WatchedStudy } from "./run-state.js";
import { layOut } from "./screen-layout.js";
import { lineWidth } from "./styled-line.js";

const reading = codeReading();
const standing: CodeStanding = {
  head: "v2",
  trying: readSnapshot(1, reading.snapshot?.text ?? "").code?.trying,
};
let now: number;
let thinking: boolean;
beforeEach(() => {
  now = 0;
  thinking = false;
});
afterEach(cleanup);

interface Watched {
  readonly codeStanding?: CodeStanding;
  readonly versions?: readonly CodeVersion[];
  readonly trials?: readonly TrialRecord[];
  readonly events?: readonly EventRecord[];
}

/** The screen of the hand-made study, at the moment that a test describes. */
function stateOf({
  codeStanding = standing,
  versions = [...reading.versions.values()],
  trials = reading.trials,
  events = reading.events,
}: Watched = {}): RunState {
  const evidence = evidenceByVersion({ ...reading, trials, events, head: codeStanding.head }).now;
  const view = optimizerFactory("random").create(evidence.space, { seed: 1, start: evidence.space.defaults() }).view();
  const study: WatchedStudy = {
    id: "s1",
    settings: reading.settings,
    space: evidence.space,
    evidence,
    get progress() {
      return {
        phase: "search" as const,
        trialsUsed: 9,
        trialsFinished: 8,
        trials: 40,
        secondsUsed: 60,
        running: [8],
        thinking,
      };
    },
    view: () => view,
    subscribe: () => () => {},
    versions,
    codeStanding,
  };
  const store: WatchedStore = {
    trials: () => trials,
    trial: (_, number) => trials[number]!,
    events: (_, { types = [] } = {}) => events.filter(({ type }) => types.includes(type)),
    spendTotals: () => reading.spend,
  };
  const state = new RunState(study, store, () => now);
  tell(state, { type: "study.started", resumed: false, advisor: "test:m", optimizer: "cma-es" });
  return state;
}

function tell(state: RunState, ...events: readonly StudyEvent[]): void {
  for (const event of events) state.take({ sequence: 1, at: 0, event });
}

function frame(state: RunState, columns: number, rows: number): string {
  const { lastFrame, unmount } = render(<RunScreenView state={state} size={{ columns, rows }} />);
  const text = lastFrame() ?? "";
  unmount();
  return text;
}

describe("a study that searches its code", () => {
  test("shows the version that is the answer, the one under trial with its stage, and the last verdict", () => {
    const state = stateOf();
    tell(
      state,
      { type: "trial.started", trial: 8, attempt: 1 },
      { type: "version.decided", version: "v3", status: "held", reason: "Better by 2.0.\u001b[2J" },
    );
    const text = frame(state, 80, 40);
    expect(text).toContain("code     v2  4 tried, 1 kept, 1 held for you to judge  warm up");
    expect(text).toContain("trying   v4 against v2: tuning, 1 of 4 trials  cosine schedule");
    expect(text).toContain("last     v3 held: Better by 2.0.");
    expect(text).toMatch(/default {2}5\.\d+/);
    expect(text).toMatch(/best {5}3\.\d+ .*trial 4 by cma-es on v2/);
    expect(text).toContain("lr 2.5, warmup 20");
    expect(text).toMatch(/▸ trial 8 {3}v4 {2}check run/);
    expect(text).toMatch(/ 6 {2}v0 {2}pair 1 of v2 +4\.\d+/);
    expect(text).toContain("8/40 trials");
  });

  test.each([
    [140, 40],
    [120, 24],
    [80, 24],
    [60, 20],
    [60, 12],
    [40, 12],
    [20, 6],
  ])("at %i by %i nothing is wider than the terminal or as high", (columns, rows) => {
    const state = stateOf();
    tell(
      state,
      { type: "trial.started", trial: 8, attempt: 1 },
      { type: "coder.failed", attempt: 4, failure: "deadline", message: "No answer in time. ".repeat(20) },
    );
    const { top, columns: pair, bottom } = layOut(state, { columns, rows }, false);
    const middle = Math.max(pair?.left.length ?? 0, pair?.right.length ?? 0);
    expect(top.length + middle + bottom.length).toBeLessThan(rows);
    for (const line of [...top, ...bottom]) expect(lineWidth(line)).toBeLessThan(columns);
    for (const line of pair?.right ?? []) expect(lineWidth(line) + (pair?.leftWidth ?? 0)).toBeLessThan(columns);
    if (rows >= 12) expect(frame(state, columns, rows)).toContain("code     v2");
  });

  test("follows the best so far from version to version: a gain counts when it is kept", () => {
    const before = reading.events.findIndex(({ trial }) => trial === 5);
    const state = stateOf({
      codeStanding: { head: "v0", trying: undefined },
      events: reading.events.slice(0, before),
    });
    const course = (): readonly string[] => state.course.map(({ version, value }) => `${version} ${value?.toFixed(1)}`);
    expect(course()).toEqual(["v0 5.0", "v0 4.0", "v0 4.0", "v0 4.0", "v0 4.0"]);
    const ended = (trial: number): StudyEvent => ({
      type: "trial.finished",
      trial,
      value: 1,
      failure: null,
      seconds: 1,
    });
    tell(state, ended(5), ended(6));
    expect(course().at(-1)).toBe("v0 4.0");
    tell(state, { type: "version.decided", version: "v2", status: "kept", reason: "Better." });
    expect(course()).toHaveLength(7);
    expect(course().at(-1)).toBe("v2 3.0");
    expect(course()).toEqual(
      stateOf()
        .course.slice(0, 7)
        .map(({ version, value }) => `${version} ${value?.toFixed(1)}`),
    );
  });

  test("says whether the advisor or the coder is waited for", () => {
    const state = stateOf({ codeStanding: { head: "v2", trying: undefined } });
    thinking = true;
    tell(state, { type: "move.decided", kind: "structure", share: 0.3, reason: "owed" });
    now = 12_000;
    expect(frame(state, 80, 30)).toContain("asking the coder for an edit … 12s");
    tell(state, { type: "move.decided", kind: "numbers", share: 0.3, reason: "owed" });
    expect(frame(state, 80, 30)).toContain("asking the advisor … 12s");
  });

  test("has one line before another version was made", () => {
    const state = stateOf({
      codeStanding: { head: "v0", trying: undefined },
      versions: [...reading.versions.values()].slice(0, 1),
      trials: reading.trials.slice(0, 2),
      events: reading.events.filter(({ trial }) => trial !== undefined && trial < 2),
    });
    const text = frame(state, 80, 24);
    expect(text).toContain("code     v0  no other version yet, as it was given");
    expect(text).not.toContain("trying");
    expect(text).toMatch(/ 1 {2}cma-es {2}/);
  });
});

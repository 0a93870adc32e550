import { expect, test } from "vitest";
import type { StudyListener } from "../study/journal.js";
import type { StudyEvent } from "../study/study-events.js";
import { codeReading } from "../study/testing/code-reading.js";
import { evidenceByVersion } from "../study/version-evidence.js";
import { plainProgress, type ReportedStudy } from "./plain-progress.js";

/** Lines that these events of the hand-made study become. */
function linesOf(events: readonly StudyEvent[], changes: Partial<ReportedStudy> = {}): readonly string[] {
  const reading = codeReading();
  const { now } = evidenceByVersion(reading);
  let tell: StudyListener = () => {};
  const study: ReportedStudy = {
    id: "s1",
    settings: reading.settings,
    space: now.space,
    evidence: now,
    progress: {
      phase: "search",
      trialsUsed: 9,
      trialsFinished: 7,
      trials: 40,
      secondsUsed: 60,
      running: [],
      thinking: false,
    },
    advisor: "test:m",
    versions: [...reading.versions.values()],
    codeStanding: { head: "v2", trying: undefined },
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
    ...changes,
  };
  const lines: string[] = [];
  plainProgress({ err: (line) => lines.push(line) }, study, {
    trial: (_, number) => reading.trials[number]!,
    trials: () => reading.trials,
    events: () => reading.events,
  });
  for (const event of events) tell({ sequence: 1, at: 0, event });
  return lines;
}

test("what happens to the code is a line each", () => {
  expect(
    linesOf([
      { type: "study.started", resumed: false, advisor: "test:m", optimizer: "cma-es" },
      { type: "version.made", version: "v0", parent: null, summary: "the code as it was given", flags: 0 },
      { type: "move.decided", kind: "structure", share: 0.3, reason: "30 % of trials for structure." },
      { type: "version.refused", attempt: 1, parent: "v0", summary: "seed 3", reason: "seed.py is locked" },
      { type: "coder.failed", attempt: 1, failure: "refused", message: "Three edits did not apply." },
      { type: "coder.passed", attempt: 2, reason: "only numbers are left" },
      { type: "version.made", version: "v4", parent: "v2", summary: "cosine schedule", flags: 1 },
      { type: "version.decided", version: "v4", status: "rejected", reason: "No gain shown." },
      { type: "move.decided", kind: "numbers", share: 0.3, reason: "30 % of trials for structure." },
    ]),
  ).toEqual([
    "starting study edited (s1): 40 trials, cma-es with test:m, editing train.py",
    "code: asking for an edit of the code: 30 % of trials for structure.",
    "code: edit of v0 refused (seed 3): seed.py is locked",
    "code: no new version (refused): Three edits did not apply.",
    "code: no new version, the coder sees nothing worth trying: only numbers are left",
    "code: v4 made from v2: cosine schedule (1 place to look at)",
    "code: v4 rejected: No gain shown.",
    "code: tuning numbers: 30 % of trials for structure.",
  ]);
});

test("a pair is told after the second of its runs", () => {
  const lines = linesOf([{ type: "trial.finished", trial: 6, value: 4, failure: null, seconds: 1 }]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^\[ 7\/40\] trial 6 {3}v0 {2}pair 1 of v2 +loss 4\.0/);
  expect(lines[1]).toMatch(/^code: pair 1 on seed 71: v2 3\.0+, v0 4\.0+, better by 1\.0+$/);
});

test("the last runs say on which code the answer is; numbers that its version began with are not the default", () => {
  expect(linesOf([{ type: "study.phase", phase: "final" }])).toEqual([
    "search done; running the answer, which is on code v2, and the default on fresh seeds",
  ]);
  const { base } = evidenceByVersion({ ...codeReading(), head: "v0" });
  expect(
    linesOf([{ type: "study.phase", phase: "final" }], {
      evidence: base,
      space: base.space,
      codeStanding: { head: "v0", trying: undefined },
    }),
  ).toEqual(["search done; running the answer and the default on fresh seeds"]);
});

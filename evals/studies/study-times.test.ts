import { expect, it } from "vitest";
import { armsOf } from "./arm.js";
import { StudyTimes } from "./study-times.js";

const [plain, advised] = armsOf(["cma-es"], ["none", "rules"], "adaptive");
if (plain === undefined || advised === undefined) throw new Error("two arms");
const job = (arm: typeof plain, seed: number) => ({ id: `${arm.name}-${seed}`, arm, seed });
const settings = {
  budget: { trials: 10 },
  noise: { replicates: "auto" as const, finalSeeds: 1 },
};

it("says nothing before a trial has ended", () => {
  expect(new StudyTimes(settings, 1).left([job(plain, 1)])).toBeUndefined();
});

it("takes each arm at its own pace, and one that has not begun at the pace of the others", () => {
  const times = new StudyTimes(settings, 1);
  times.note(job(plain, 1), { before: 0, trials: 12, seconds: 24 });
  expect(times.left([job(advised, 1)])).toBe(24);
  times.note(job(advised, 1), { before: 0, trials: 6, seconds: 60 });
  expect(times.left([job(advised, 1), job(plain, 2), job(advised, 2)])).toBe(60 + 24 + 120);
});

it("counts trials of an earlier call as done, and several studies at once", () => {
  const times = new StudyTimes(settings, 2);
  times.note(job(plain, 1), { before: 6, trials: 2, seconds: 4 });
  expect(times.left([job(plain, 1)])).toBe(8);
  expect(times.left([job(plain, 1), job(plain, 2)])).toBe((8 + 24) / 2);
});

it("goes by the time where that is the budget", () => {
  const times = new StudyTimes({ ...settings, budget: { seconds: 100 } }, 1);
  times.note(job(plain, 1), { before: 0, trials: 10, seconds: 10 });
  expect(times.left([job(plain, 1), job(plain, 2)])).toBe(90 + 2 + 100 + 2);
});

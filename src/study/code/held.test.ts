import { describe, expect, it } from "vitest";
import type { Flag } from "../../code/version.js";
import { heldReason } from "./held.js";

const flag = (rule: string): Flag => ({ rule, file: "train.py", line: 3, text: "x = 1", why: "It matters." });
const equal = { candidate: [1, 1, 1], parent: [1, 1, 1] };
const apart = { evaluate: { command: "python eval.py", checkpoint: ".", sees: "base" } } as const;
const together = { evaluate: { ...apart.evaluate, sees: "version" } } as const;

describe("a version that passed the gate", () => {
  it("is kept where nothing about it is in doubt", () => {
    expect(heldReason({ flags: [] }, apart, equal)).toBeUndefined();
    expect(heldReason({ flags: [] }, {}, equal)).toBeUndefined();
  });

  it.each(["seed", "time-budget", "serialised-code"])("is held for %s, however it is scored", (rule) => {
    expect(heldReason({ flags: [flag(rule)] }, apart, equal)).toBe(
      "Held for you to judge: train.py, line 3: It matters.",
    );
  });

  it("is held for what it prints only where its own word counts", () => {
    const flags = [flag("metric-output")];
    expect(heldReason({ flags }, apart, equal)).toBeUndefined();
    expect(heldReason({ flags }, together, equal)).toContain("Held for you to judge");
    expect(heldReason({ flags }, {}, equal)).toContain("Held for you to judge");
  });

  it("is held where its runs take longer, and not for one slow run", () => {
    expect(heldReason({ flags: [] }, apart, { candidate: [2, 2, 2], parent: [1, 1, 1] })).toBe(
      "Held for you to judge: its runs take 2.0 times as long as its parent's.",
    );
    expect(heldReason({ flags: [] }, apart, { candidate: [1, 9, 1], parent: [1, 1, 1] })).toBeUndefined();
    expect(heldReason({ flags: [] }, apart, { candidate: [1.2, 1.2], parent: [1, 1] })).toBeUndefined();
  });
});

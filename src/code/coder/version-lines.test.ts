import { describe, expect, it } from "vitest";
import type { CodeVersion } from "../version.js";
import { codeStudy, codeVersion } from "./testing/code-study.js";
import { memoryLines, putBack, refusedLines, wholeVersion } from "./version-lines.js";

const gain = { mean: 0.03123, low: 0.01234, high: 0.05012, pairs: 6 };
const long = "a sentence that goes on about optimizers and layers and more ".repeat(10);

/** A tree with a kept version every sixth time and words of usual length. */
function tree(count: number): readonly CodeVersion[] {
  const versions = [codeVersion("v0", null)];
  for (let number = 1; number < count; number++) {
    const kept = number % 6 === 0;
    versions.push(
      codeVersion(`v${number}`, `v${number - (number % 6 === 0 ? 6 : number % 6)}`, {
        status: kept ? "kept" : "rejected",
        summary: "rotary position embedding in place of the learned one, in both attention layers",
        hypothesis: `Relative positions generalise better over the short contexts of this data. ${long}`,
        reason: "Six pairs of runs show no gain beyond the noise between seeds.",
        gain,
        expected: 0.02,
      }),
    );
  }
  return versions;
}

describe("the memory of what was tried", () => {
  it("says of each version where it comes from, what was expected, what it gained, and why it stands as it does", () => {
    const versions = [
      codeVersion("v0", null),
      codeVersion("v1", "v0", {
        status: "kept",
        summary: "cosine schedule",
        hypothesis: "Anneals.",
        gain,
        expected: 0.05,
      }),
      codeVersion("v2", "v1", {
        status: "failed",
        summary: "flash attention",
        hypothesis: "Faster.",
        reason: "Its runs fail: no such kernel.",
      }),
      codeVersion("v3", "v1", {
        status: "held",
        summary: "other split",
        hypothesis: "More data.",
        reason: "It comes near the data of the evaluation.",
      }),
    ];
    const reintroduced = new Map([["v2", { lines: 4, of: 9, versions: ["v1"] }]]);
    expect(memoryLines(codeStudy({ versions, reintroduced }))).toMatchInlineSnapshot(`
      "v0, base: the code as it was given
      v1 from v0, kept, gain 0.031 [0.012, 0.05] (6 pairs), expected 0.05: cosine schedule. Idea: Anneals.
      v2 from v1, failed: flash attention. Idea: Faster. Now: Its runs fail: no such kernel. 4 of its 9 added lines had been deleted before (v1).
      v3 from v1, held: other split. Idea: More data. Now: It comes near the data of the evaluation."
    `);
  });

  it("takes about 1,500 tokens at 30 versions, and hardly more at 300", () => {
    // About 3.6 characters a token.
    expect(memoryLines(codeStudy({ versions: tree(30) })).length).toBeLessThan(1_500 * 3.6);
    const many = memoryLines(codeStudy({ versions: tree(300) }));
    expect(many.length).toBeLessThan(2_500 * 3.6);
    expect(many).toContain("; and ");
    expect(many).toContain("v299 from v294");
  });

  it("keeps its front while the tree grows", () => {
    const before = memoryLines(codeStudy({ versions: tree(9) }));
    const after = memoryLines(codeStudy({ versions: tree(10) }));
    expect(after.startsWith(before)).toBe(true);
  });

  it("cannot be broken up by what a version says of itself", () => {
    const versions = [
      codeVersion("v0", null),
      codeVersion("v1", "v0", { summary: "x\n## Noise\nnone", hypothesis: "y\nz" }),
    ];
    expect(memoryLines(codeStudy({ versions })).split("\n")).toHaveLength(2);
  });
});

it("a version in full has flags, declarations and lines", () => {
  const version = codeVersion("v1", "v0", {
    declares: { warmup: { type: "int", low: 0, high: 500 } },
    removes: ["dropout"],
    lines: { added: 12, removed: 4, total: 210 },
    flags: [{ rule: "seed", file: "train.py", line: 7, text: "seed(1)", why: "It sets a seed." }],
    expected: 0.02,
    gain,
  });
  expect(wholeVersion(codeStudy(), version)).toMatchInlineSnapshot(`
    "v1 from v0, rejected, gain 0.031 [0.012, 0.05] (6 pairs), expected 0.02
      changed: change v1
      hypothesis: idea v1
      expected improvement: 0.02
      status: No gain was shown.
      lines: +12 -4, 210 in all
      declares: warmup
      removes: dropout
      flagged (seed) train.py:7: It sets a seed."
  `);
});

it("the last refused submissions are told with their reason and with what they put back", () => {
  const refused = Array.from({ length: 9 }, (_, attempt) => ({
    attempt,
    parent: "v0",
    summary: `try ${attempt}`,
    reason: "the search text is not in train.py",
    ...(attempt === 8 ? { reintroduced: { lines: 3, of: 5, versions: ["v1", "v4"] } } : {}),
  }));
  const lines = refusedLines(refused).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toBe(
    "- on v0, try 8: the search text is not in train.py. 3 of its 5 added lines had been deleted before (v1, v4).",
  );
  expect(refusedLines([])).toBe("");
  expect(putBack({ lines: 0, of: 5, versions: [] })).toBe("");
});

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PersonsFolder } from "../code/versions/testing/persons-folder.js";
import { Store } from "../store/index.js";
import { codeDocument, versionEntry } from "../study/code/code-document.js";
import { type CodeReading, findVersion, readCode } from "../study/code/code-reading.js";
import { writeCodeStudy } from "../study/code/testing/code-study.js";
import { codeTree } from "./code-tree.js";
import { codeVersionText } from "./code-version-text.js";
import { diffText } from "./diff-text.js";
import { displayWidth } from "./terminal-text.js";
import { versionMessage } from "./version-message.js";

let person: PersonsFolder;
let code: CodeReading;

beforeAll(async () => {
  person = new PersonsFolder();
  const id = await writeCodeStudy(person);
  const store = Store.open(join(person.folder, ".agent-tune"), { readonly: true });
  code = readCode(store, id);
  store.close();
});
afterAll(() => person.delete());

const shown = (id: string, diff = "") =>
  codeVersionText(code, versionEntry(code, findVersion(code, id)), { diff, width: 80 });

describe("the tree of versions", () => {
  it("has two lines for each version: what was measured, and what was changed", () => {
    expect(codeTree(codeDocument(code), { width: 80 })).toMatchInlineSnapshot(`
      "toy: 6 versions, 2 kept, 1 rejected, 1 held, 1 failed

      version   status                 loss  trials                          gain
      v0        base      0.98075 ± 0.00056       5
      │  the code as it was given
      └─v1      kept      0.95021 ± 0.00035      16  0.03000 (0.02000 to 0.04000)
        │  normalise before each layer
        ├─v2    rejected            1.15000       2
        │    twice the layers
        ├─v3    held                0.85000       6  0.10000 (0.05000 to 0.15000)
        │    draw the batches in another order (1 flag)
        └─v4 *  kept      0.94000 ± 0.00037       4  0.01000 (0.00500 to 0.01500)
          │  three layers
          └─v5  failed                    -       1
               half precision

      * head: the study would answer with v4
      gain: over the head of its time, with its 95 % interval; positive is better
      v3 is held for you to judge: agent-tune code show v3"
    `);
  });

  it("is drawn with ASCII alone where a terminal knows no more", () => {
    const tree = codeTree(codeDocument(code), { width: 80, ascii: true });
    expect(tree).toMatch(/^[\n\x20-\x7e]*$/);
    expect(tree).toContain("\n  |-v2");
  });

  it("fits into a narrow terminal by leaving columns out and saying so", () => {
    const lines = codeTree(codeDocument(code), { width: 40 }).split("\n");
    const drawn = lines.filter((line) => !line.includes("agent-tune "));
    expect(Math.max(...drawn.map(displayWidth))).toBeLessThanOrEqual(40);
    expect(lines.join(" ")).toContain("no room for: trials, gain");
  });
});

describe("one version in full", () => {
  it("sets what was measured against what was expected, with parameters and trials", () => {
    expect(shown("v1")).toMatchInlineSnapshot(`
      "v1 of toy, made from v0

      Change      normalise before each layer
      Hypothesis  Gradients keep their size, so that larger learning rates are stable.
      Status      kept. Better by 0.03 (95 % interval 0.02 to 0.04) in 3 pairs:
                  evidence 120 to 1.
      Lines       2 added, 1 removed, 13 in the editable files

      Expected    a gain of 0.02
      Measured    a gain of 0.03000 over v0, 95 % interval 0.02000 to 0.04000, from 3
                  pairs of runs on fresh seeds
                  loss 0.98033 -> 0.95033, mean of 3 pairs
      Best        loss 0.95021 ± 0.00035, estimated from 12 runs, trial 3
                  lr=0.04 epsilon=1e-06

      Declares    epsilon: float from 1e-8 to 0.01, log, default 0.00001

      Trials
      trial       loss  from            lr  epsilon  time  seed
          2     0.9600  cma-es        0.02    1e-05    2s     3
          3  *  0.9510  cma-es        0.04    1e-06    2s     4
          4     0.9500  pair 1 of v1  0.04    1e-06    2s  1004
          6     0.9520  pair 2 of v1  0.04    1e-06    2s  1005
          8     0.9490  pair 3 of v1  0.04    1e-06    2s  1006
         14     0.9510  pair 1 of v3  0.04    1e-06    2s  1008
         16     0.9490  pair 2 of v3  0.04    1e-06    2s  1009
         18     0.9500  pair 3 of v3  0.04    1e-06    2s  1010
         20     0.9480  pair 4 of v3  0.04    1e-06    2s  1011
         22     0.9520  pair 5 of v3  0.04    1e-06    2s  1012
         25     0.9500  pair 1 of v4  0.04    1e-06    2s  1010
         27     0.9510  pair 2 of v4  0.04    1e-06    2s  1011
         29     0.9490  pair 3 of v4  0.04    1e-06    2s  1012
         30     0.9530  pair 1 of v4  0.05    1e-06    2s  1010
         31     0.9540  pair 2 of v4  0.05    1e-06    2s  1011
         32     0.9520  pair 3 of v4  0.05    1e-06    2s  1012

      * best so far, by estimated true value"
    `);
  });

  it("says what the version it had to beat reaches with the same numbers", () => {
    expect(shown("v4").replace(/\s+/g, " ")).toContain(
      "loss 0.95300 -> 0.94000, mean of 3 pairs, both with the numbers of v4",
    );
  });

  it("names what a person should look at, with line and reason", () => {
    expect(shown("v3")).toMatch(
      /^Look at {5}train\.py:13 \(seed\) A gain from another seed.*\n(?: {12}.*\n)* {12}> print\("loss", train\(7\)\)$/m,
    );
  });

  it("says of one that failed why, and shows no best", () => {
    const text = shown("v5");
    expect(text).toContain("Status      failed. Its run with the parent's numbers failed.");
    expect(text).not.toMatch(/^Best|^Measured/m);
    expect(text).toContain("crashed");
  });

  it("ends with the diff", () => {
    expect(shown("v4", "diff --git a/x b/x\n-a\n+b\n")).toMatch(/\n\nDiff to v1\ndiff --git a\/x b\/x\n-a\n\+b$/);
  });
});

describe("a diff on a terminal", () => {
  it("is coloured as git does", () => {
    expect(diffText("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n", true)).toBe(
      [
        "\u001b[1m--- a/x\u001b[0m",
        "\u001b[1m+++ b/x\u001b[0m",
        "\u001b[36m@@ -1 +1 @@\u001b[0m",
        "\u001b[31m-a\u001b[0m",
        "\u001b[32m+b\u001b[0m",
        " c",
      ].join("\n"),
    );
  });

  it("loses control characters and keeps tabs", () => {
    expect(diffText("+\tprint('\u001b[2J\u202e')\r\n", false)).toBe("+\tprint('[2J')");
  });
});

it("the commit of a version says what was measured and how it can be traced", () => {
  expect(versionMessage(code, "v4")).toMatchInlineSnapshot(`
    "three layers

    Fewer layers train for more steps.

    Measured: loss 0.95000 -> 0.94000, mean of 3 pairs against v1, gain 0.01000 (95 % interval 0.00500 to 0.01500)
    Measured with the same numbers: loss 0.95300 -> 0.94000, mean of 3 pairs
    Seeds: 1010, 1011, 1012
    Best configuration: lr=0.05 epsilon=1e-06 (trial 23, from 4 runs)
    Status: kept. Better by 0.01 (95 % interval 0.005 to 0.015) in 3 pairs: evidence 60 to 1.
    Study: toy (s1), version v4"
  `);
  expect(versionMessage(code, "v3")).toContain("\nFlag: train.py:13 (seed) A gain from another seed is luck");
});

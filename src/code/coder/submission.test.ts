import { describe, expect, it } from "vitest";
import { problemLines, readNothing, readSubmission, submissionSchema, toolInput } from "./submission.js";

const edits = [{ kind: "replace", path: "train.py", search: "a", replace: "b" }];
const submission = { parent: "v0", edits, summary: "a to b", hypothesis: "b is better" };
const warmup = { name: "warmup", type: "int", low: 0, high: 500, default: 100, meaning: "Steps of warmup." };

describe("a submission", () => {
  it("declares parameters with a range, a default and a meaning", () => {
    const choice = {
      name: "norm",
      type: "categorical",
      choices: ["rms", "layer"],
      default: "layer",
      meaning: "Which norm.",
    };
    const read = readSubmission({
      ...submission,
      declares: [{ ...warmup, scale: null }, choice],
      removes: ["dropout", "dropout"],
    });
    expect(read).toMatchObject({
      ok: true,
      submission: {
        kind: "edit",
        declares: {
          warmup: { type: "int", low: 0, high: 500, default: 100, description: "Steps of warmup." },
          norm: { type: "categorical", choices: ["rms", "layer"], default: "layer", description: "Which norm." },
        },
        removes: ["dropout"],
      },
    });
  });

  it("says nothing of an expected improvement where the coder cannot", () => {
    const read = readSubmission({ ...submission, expected: null });
    expect(read.ok && "expected" in read.submission).toBe(false);
  });

  it("is read where a list in it is JSON text of its own, as some models write it", () => {
    expect(readSubmission({ ...submission, edits: JSON.stringify(edits) })).toMatchObject({
      ok: true,
      submission: { edits },
    });
  });

  it.each([
    ["no object", "a", /expected object/],
    ["no edits", { ...submission, edits: [] }, /^edits: /],
    ["an edit of no kind", { ...submission, edits: [{ kind: "patch", path: "x" }] }, /^edits\[0\]\.kind: .*'replace'/],
    ["an edit without its text", { ...submission, edits: [{ kind: "file", path: "x" }] }, /^edits\[0\]\.text: /],
    ["JSON text that is none", { ...submission, edits: "[{" }, /^edits: .*expected array/],
    ["a key too many", { ...submission, command: "rm -rf /" }, /Unrecognized key: "command"/],
    [
      "a parameter without a default",
      { ...submission, declares: [{ ...warmup, default: undefined }] },
      /^declares\[0\]\.default: /,
    ],
    [
      "a float without a range",
      { ...submission, declares: [{ ...warmup, type: "float", low: null }] },
      /^declared parameter warmup: low: /,
    ],
    [
      "a default of another type",
      { ...submission, declares: [{ ...warmup, default: "many" }] },
      /^declared parameter warmup: default: /,
    ],
    ["a parameter twice", { ...submission, declares: [warmup, warmup] }, /^warmup is declared twice$/],
  ])("is refused with a sentence about %s", (_, input, problem) => {
    const read = readSubmission(input);
    expect(read.ok ? [] : read.problems).toContainEqual(expect.stringMatching(problem));
  });

  it("is described to the model by the schema that reads it", () => {
    const schema = toolInput(submissionSchema);
    expect(schema).toMatchObject({ type: "object", required: ["parent", "edits", "summary", "hypothesis"] });
    expect(schema).not.toHaveProperty("$schema");
    // Providers take no alternatives at the root.
    expect(schema).not.toHaveProperty("anyOf");
    expect(schema).not.toHaveProperty("oneOf");
  });
});

it("nothing to try needs a reason", () => {
  expect(readNothing({ reason: " all ideas\nare below the noise " })).toBe("all ideas are below the noise");
  expect(readNothing({ reason: "" })).toBeUndefined();
  expect(readNothing(null)).toBeUndefined();
});

it("problems of edits are listed by the number of the edit, and a long list is cut", () => {
  const problem = { path: "train.py", edit: 0, kind: "no_match", message: "not there" } as const;
  expect(problemLines([problem, "a sentence"])).toBe("- edit 1, train.py (no_match): not there\n- a sentence");
  expect(problemLines(Array(20).fill("again")).split("\n").at(-1)).toBe("- and 8 more");
});

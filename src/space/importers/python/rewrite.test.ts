import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../../../errors.js";
import { readPythonConstants, rewritePythonConstants } from "./index.js";

function failure(run: () => unknown): AgentTuneError {
  try {
    run();
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("rewritePythonConstants", () => {
  it("replaces the values and nothing else", () => {
    const source = `# header
LR = 3e-4  # peak
BATCH: int = 2**5;  ACT = 'relu'   # both
DROPOUT = 1.0
BIAS=True

print(f"{LR} {BATCH}")  # LR = 5
`;
    expect(
      rewritePythonConstants(source, { LR: 0.001, BATCH: 64, ACT: "gelu", DROPOUT: 0, BIAS: false }),
    ).toBe(`# header
LR = 0.001  # peak
BATCH: int = 64;  ACT = "gelu"   # both
DROPOUT = 0.0
BIAS=False

print(f"{LR} {BATCH}")  # LR = 5
`);
  });

  it("keeps the comments inside a value of several lines", () => {
    const source = `TOTAL = (
    2 ** 19  # tokens
    * 2      # two of them
)  # for each step
TEXT = ("a"  # first
        "b")
`;
    const rewritten = rewritePythonConstants(source, { TOTAL: 4096, TEXT: "c" });
    expect(readPythonConstants(rewritten).map(({ value }) => value)).toEqual([4096, "c"]);
    for (const comment of ["# tokens", "# two of them", "# for each step", "# first"])
      expect(rewritten).toContain(comment);
    expect(rewritten.split("\n").length).toBe(source.split("\n").length);
  });

  it("keeps a float a float and Python's spelling of values", () => {
    const source = "A = 1.0\nB = 1\nC = ''\nD = False\n";
    expect(rewritePythonConstants(source, { A: 3, B: 3, C: 'say "hi"\n\u00e9\u{1F600}', D: true })).toBe(
      `A = 3.0\nB = 3\nC = 'say "hi"\\n\\xe9\\U0001f600'\nD = True\n`,
    );
    expect(rewritePythonConstants("A = 1.0\n", { A: 1e-7 })).toBe("A = 1e-7\n");
    expect(rewritePythonConstants("A = 1.0\n", { A: 1e21 })).toBe("A = 1e+21\n");
    expect(rewritePythonConstants("A = 1\n", { A: 2 ** 60 })).toBe("A = 1152921504606847000.0\n");
    expect(rewritePythonConstants("A = 1\n", { A: 0.5 })).toBe("A = 0.5\n");
  });

  it("rewrites fields of a dataclass by class and name", () => {
    const source = "@dataclass\nclass Config:\n    lr: float = 1e-3  # peak\n    n: int = field(default=4)\n";
    expect(rewritePythonConstants(source, { "Config.lr": 0.01, "Config.n": 8 })).toBe(
      "@dataclass\nclass Config:\n    lr: float = 0.01  # peak\n    n: int = field(default=8)\n",
    );
  });

  it("works in files with carriage returns, a byte order mark and syntax errors elsewhere", () => {
    expect(rewritePythonConstants("\uFEFFA = 1\r\nB = 2\r\ndef (:\r\n", { A: 5 })).toBe(
      "\uFEFFA = 5\r\nB = 2\r\ndef (:\r\n",
    );
  });

  it("refuses a constant that is not there", () => {
    const error = failure(() => rewritePythonConstants("A = 1\nB = A * 2\n", { B: 3 }));
    expect(error.code).toBe("source_rewrite_failed");
    expect(error.message).toContain("B");
    expect(error.remedy).toContain("B = ");
  });

  it.each([
    ["a second assignment", "A = 1\nx = 2\nA = 3\n", 3],
    ["an update", "A = 1\nA *= 2\n", 2],
    ["a computed second assignment", "A = 1\nA = f(A)\n", 2],
    ["an unpacking", "A = 1\nA, B = f()\n", 2],
  ])("refuses a constant with %s, where a new value would have no effect", (_name, source, line) => {
    const error = failure(() => rewritePythonConstants(source, { A: 5 }));
    expect(error.code).toBe("source_rewrite_failed");
    expect(error.where).toBe("line 1");
    expect(error.message).toContain(`line ${line}`);
  });

  it("takes a constant that is only assigned again under a condition", () => {
    expect(rewritePythonConstants("A = 1\nif x:\n    A = 2\n", { A: 5 })).toBe("A = 5\nif x:\n    A = 2\n");
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])("refuses %s, for which Python has no literal", (value) => {
    const error = failure(() => rewritePythonConstants("x = 0\nA = 1.0\n", { A: value }));
    expect(error.where).toBe("line 2");
    expect(error.message).toContain("A");
  });

  it("gives back the values when it is read again, whatever they are", () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x)),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("'", '"', "\\", "\n", "\r", "#", "{", "a", "\u2028", "\0") }),
    );
    const spelling = fc.constantFrom("1", "2.0", "'x'", "True", "(1 # c\n + 2)", "-1", '"""a\n"""', "'a' 'b'", "((3))");
    const line = fc.record({ name, value, spelling, annotated: fc.boolean(), comment: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(line, { selector: (each) => each.name, minLength: 1, maxLength: 6 }), (lines) => {
        const source = lines
          .map(
            ({ name, spelling, annotated, comment }) =>
              `${name}${annotated ? ": object" : ""} = ${spelling}${comment ? "  # why" : ""}\n`,
          )
          .join("def f():\n    return 1\n");
        const values = Object.fromEntries(lines.map(({ name, value }) => [name, value]));
        const rewritten = rewritePythonConstants(source, values);
        const read = Object.fromEntries(
          readPythonConstants(rewritten).map((constant) => [constant.name, constant.value]),
        );
        expect(read).toEqual(values);
        expect(rewritten.match(/# (?:why|c)/g)).toEqual(source.match(/# (?:why|c)/g));
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { readDataclassFields, readPythonConstants } from "./index.js";

function values(source: string): Record<string, number | string | boolean> {
  return Object.fromEntries(readPythonConstants(source).map(({ name, value }) => [name, value]));
}

describe("readPythonConstants", () => {
  it("reads literals of every kind at module level, with place and comment", () => {
    const source = [
      "import torch",
      "LEARNING_RATE = 3e-4  # peak, after warm-up",
      "BATCH_SIZE: int = 1_024",
      'ACTIVATION = "relu"',
      "USE_BIAS = False",
    ].join("\n");
    const at = (value: string) => ({ from: source.indexOf(value), to: source.indexOf(value) + value.length });
    expect(readPythonConstants(source)).toEqual([
      { name: "LEARNING_RATE", value: 3e-4, kind: "float", ...at("3e-4"), line: 2, comment: "peak, after warm-up" },
      { name: "BATCH_SIZE", value: 1024, kind: "int", ...at("1_024"), line: 3, annotation: "int" },
      { name: "ACTIVATION", value: "relu", kind: "string", ...at('"relu"'), line: 4 },
      { name: "USE_BIAS", value: false, kind: "boolean", ...at("False"), line: 5 },
    ]);
  });

  it("computes arithmetic on literals as Python does", () => {
    const source = `
A = 2**19
B = 1024 * 8 + 1
C = -7 // 2
D = -7 % 3
E = 8 / 4
F = -2 ** 2
G = 2 ** -1
H = 1 << 20
I = (0x1F + 0b11)
J = -(3)
K = 2 ** 3 ** 2
L = 1e3
M = -5.  # no digit behind the point
N = 5.e-1`;
    expect(values(source)).toEqual({
      A: 524288,
      B: 8193,
      C: -4,
      D: 2,
      E: 2,
      F: -4,
      G: 0.5,
      H: 1048576,
      I: 34,
      J: -3,
      K: 512,
      L: 1000,
      M: -5,
      N: 0.5,
    });
    const kinds = Object.fromEntries(readPythonConstants(source).map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({ A: "int", C: "int", E: "float", G: "float", L: "float", M: "float" });
  });

  it("decodes strings as Python does", () => {
    const source = String.raw`
A = 'it\'s'
B = "tab\tnew\nline\x41\u00e9\U0001F600\101"
C = r"raw\n"
D = "joined " 'text'
E = """two
lines"""
F = "kept \q"
G = ("in" # why
     "side")`;
    expect(values(source)).toEqual({
      A: "it's",
      B: "tab\tnew\nlineA\u00e9\u{1F600}A",
      C: "raw\\n",
      D: "joined text",
      E: "two\nlines",
      F: "kept \\q",
      G: "inside",
    });
  });

  it("leaves out what is no literal, no constant or not at module level", () => {
    const source = `
lower = 1
Mixed = 2
A, B = 1, 2
C = D = 3
E = [1, 2]
F = (1, 2)
G = None
H = 3j
I = b"bytes"
J = f"{lower}"
K = lower * 2
L = int("3")
M = 2 ** 64
N = 1e999
O = "\\N{BULLET}"
P: int
Q.R = 1
S = 1 if lower else 2
def f():
    T = 1
if lower:
    U = 1
class V:
    W = 1
X = 1 / 0
Y = not True
`;
    expect(values(source)).toEqual({});
  });

  it("reads statements joined by semicolons and files with carriage returns", () => {
    expect(values("A = 1; B = 2.5  # both\r\nC = 'x'\r\n")).toEqual({ A: 1, B: 2.5, C: "x" });
    expect(readPythonConstants("A = 1\r\nB = 2\r\n").map(({ line }) => line)).toEqual([1, 2]);
  });

  it("tells where a name gets another value", () => {
    const source =
      "A = 1\nB = 2\nC = 3\nif B:\n    A = 5\nB += 1\ndef f():\n    C = 4\ndef g():\n    global C\n    C = 5\n";
    const [a, b, c] = readPythonConstants(source);
    expect(a?.reassignedAt).toEqual([5]);
    expect(b?.reassignedAt).toEqual([6]);
    expect(c?.reassignedAt).toEqual([11]);
  });

  it("reads around syntax errors and a byte order mark", () => {
    const source = "\uFEFFA = 1\ndef broken(:\n    x = = 2\nB = 3\nC = 4 4\nD = )\n";
    expect(values(source)).toMatchObject({ A: 1, B: 3 });
    expect(values(source)).not.toHaveProperty("C");
    expect(values(source)).not.toHaveProperty("D");
    expect(source.slice(readPythonConstants(source)[0]?.from, readPythonConstants(source)[0]?.to)).toBe("1");
  });

  it.each([
    ["deep parentheses", `B = 2\na = ${"(".repeat(300)}1${")".repeat(300)}\n`],
    ["a long sum", `A = ${"1+".repeat(5_000)}1\nB = 2\n`],
    ["many signs", `A = ${"-".repeat(2_000)}1\nB = 2\n`],
    ["open brackets", `B = 2\n${"X=[".repeat(1_000)}`],
    ["many lines", `B = 2\n${"x = 1\n".repeat(5_000)}`],
    ["no Python at all", "B = 2\n\u0000\u0001\uD800 }{ ](( ''' \\"],
  ])("stands %s", (_name, source) => {
    expect(values(source)).toEqual({ B: 2 });
  });

  it("does not throw where nesting is too deep for the parser", () => {
    const nested = `A = ${"(".repeat(20_000)}1${")".repeat(20_000)}\n`;
    expect(() => readPythonConstants(nested)).not.toThrow();
  });
});

describe("readDataclassFields", () => {
  it("reads annotated fields of dataclasses, plain or through field()", () => {
    const source = `
from dataclasses import dataclass, field
import dataclasses

@dataclass(frozen=True)
class Config:
    lr: float = 1e-3  # peak
    layers: int = field(default=4, metadata={"help": "blocks"})
    sizes: list = field(default_factory=list)
    name: str
    shared = 3
    def scaled(self): return self.lr * 2

@dataclasses.dataclass
class Other:
    lr: float = 0.1

class Plain:
    lr: float = 5
`;
    expect(readDataclassFields(source).map(({ name, value, comment }) => [name, value, comment])).toEqual([
      ["Config.lr", 1e-3, "peak"],
      ["Config.layers", 4, "blocks"],
      ["Other.lr", 0.1, undefined],
    ]);
  });
});

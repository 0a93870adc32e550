import { describe, expect, it } from "vitest";
import { replaceDefinition } from "./replace-definition.js";

const model = `import torch

@torch.no_grad()
def evaluate(model):
    return 1
    # a last word

class Net(torch.nn.Module):
    width: int = 3

    def forward(self, x):
        text = """
    not indented
"""
        return x

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        pass

def outer():
    def inner():
        return 1
    return inner
x = 1
`;

function result(text: string, name: string, replacement: string, path = "net.py"): string {
  const change = replaceDefinition(path, text, name, replacement);
  return change.ok ? change.text : `${change.kind}: ${change.message}`;
}

describe("Python functions and classes", () => {
  it("are replaced as a whole, comments in them included", () => {
    expect(result(model, "evaluate", "@torch.no_grad()\ndef evaluate(model, n):\n    return n\n")).toBe(
      model.replace("(model):\n    return 1\n    # a last word", "(model, n):\n    return n"),
    );
  });

  it("keep their decorators when the new text has none, and a note says so", () => {
    const change = replaceDefinition("net.py", model, "evaluate", "def evaluate(model):\n    return 2\n");
    expect(change).toMatchObject({ ok: true, notes: [expect.stringContaining("decorators of evaluate were kept")] });
    expect(change.ok && change.text).toContain("@torch.no_grad()\ndef evaluate(model):\n    return 2\n\nclass");
  });

  it("take methods by dotted name, indented or not", () => {
    const expected = "    def forward(self, x):\n        return x * 2\n\n    @property";
    expect(result(model, "Net.forward", "def forward(self, x):\n    return x * 2\n")).toContain(expected);
    expect(result(model, "Net.forward", "\n    def forward(self, x):\n        return x * 2\n\n")).toContain(expected);
  });

  it("leave lines within strings where they are", () => {
    const changed = result(model, "Net.forward", 'def forward(self, x):\n    a = """\nflush\n"""\n    return a');
    expect(changed).toContain('        a = """\nflush\n"""\n        return a\n');
  });

  it("take nested functions and whole classes", () => {
    expect(result(model, "outer.inner", "def inner():\n    return 2")).toContain(
      "    def inner():\n        return 2\n    return inner",
    );
    expect(result(model, "Net", "class Net:\n    pass")).toContain("class Net:\n    pass\n\ndef outer");
  });

  it("keep the line endings of the file", () => {
    expect(result("def f():\r\n    return 1\r\nx = f()\r\n", "f", "def f():\n    a = 1\n    return a\n")).toBe(
      "def f():\r\n    a = 1\r\n    return a\r\nx = f()\r\n",
    );
  });

  it.each([
    ["forward", "def forward(self): pass", /^unknown_function: .*It has: Net.forward\./],
    ["nothing", "def nothing(): pass", /^unknown_function: .*evaluate, Net, Net.forward/],
    ["Net.size", "def size(self): pass", /^several_matches: .*2 times, on lines 18 and 22/],
    ["outer", "def other():\n    pass", /^unknown_function: .*defines other/],
    ["outer", "return 1", /^unknown_function: .*defines no function or class/],
    ["outer", "def outer():\n    pass\nimport os", /^unknown_function: .*statements outside outer/],
    ["outer", "def outer():\n    x = (1\n    return", /^(?:syntax|unknown_function)/],
  ])("%s with %j is refused", (name, text, message) => {
    expect(result(model, name, text)).toMatch(message);
  });
});

describe("functions in languages of braces", () => {
  const script = `import { a } from "x";

export async function train(steps) {
  const text = \`{ \${steps + "}"} \`; // }
  return /[{/]/.test(text);
}

const rate = (step) => {
  return step / 2;
};

class Net {
  constructor() {
    this.x = 1;
  }
  forward(x) {
    if (x) { return 1; }
    return 2;
  }
}
`;

  it("are replaced with their braces", () => {
    expect(result(script, "train", "export async function train(steps) {\n  return 1;\n}", "a.js")).toBe(
      script.replace(/(train\(steps\) \{)[\s\S]*?\n\}/, "$1\n  return 1;\n}"),
    );
    expect(result(script, "rate", "const rate = (step) => {\n  return 1;\n};", "a.js")).toContain(
      "const rate = (step) => {\n  return 1;\n};\n\nclass",
    );
    expect(result(script, "Net.forward", "forward(x) {\n  return 3;\n}", "a.ts")).toContain(
      "  forward(x) {\n    return 3;\n  }\n}",
    );
  });

  it.each([
    [
      "rs",
      "pub fn step<'a>(x: &'a str) -> usize {\n    let c = '{';\n    1\n}\nfn other() {}\n",
      "pub fn step<'a>(x: &'a str) -> usize {\n    2\n}",
    ],
    [
      "go",
      "func (n *Net) step(x int) int {\n\treturn 1\n}\n\nfunc other() {}\n",
      "func (n *Net) step(x int) int {\n\treturn 2\n}",
    ],
    [
      "cu",
      "#include <x.h>\n__global__ void step(float *x, int n) {\n  x[0] = 1'000;\n}\nint main() { return 0; }\n",
      "__global__ void step(float *x, int n) {\n  x[0] = 2;\n}",
    ],
  ])("are found in .%s", (extension, text, replacement) => {
    const changed = result(text, "step", replacement, `a.${extension}`);
    expect(changed).toContain(replacement);
    expect(changed).not.toContain("1'000");
    expect(changed).toMatch(/other|main/);
  });

  it.each([
    ["more than the function", "train", "function train() {\n}\nlet x = 1;"],
    ["another function", "train", "function test() {\n}"],
    ["unbalanced text", "train", "function train() {\n"],
    ["an unknown name", "missing", "function missing() {\n}"],
    ["a method without its class", "forward", "forward(x) {\n}"],
  ])("%s is refused", (_name, name, text) => {
    expect(result(script, name, text, "a.js")).toMatch(/^unknown_function/);
  });

  it("are refused where brackets or quotes are not certain", () => {
    expect(result("function f() {\n  return <p>don't {</p>;\n}\n", "f", "function f() {\n}", "a.jsx")).toMatch(
      /^unknown_function: .*certainty/,
    );
    expect(result("f <- function(x) {}\n", "f", "f", "a.R")).toMatch(/^unknown_function: .*only in Python/);
  });
});

import { describe, expect, it } from "vitest";
import { replaceBlock } from "./replace.js";

const train = `import torch

def main():
    lr = 0.1
    for step in range(10):
        loss = model(step)
        loss.backward()
    print(loss)
`;

function textAfter(text: string, search: string, replace: string): string {
  const change = replaceBlock("train.py", text, search, replace);
  if (!change.ok) throw new Error(`${change.kind}: ${change.message}`);
  return change.text;
}

function refusal(text: string, search: string, replace: string): string {
  const change = replaceBlock("train.py", text, search, replace);
  return change.ok ? "applied" : `${change.kind}: ${change.message}`;
}

describe("a search that stands once", () => {
  it("is replaced as whole lines", () => {
    expect(textAfter(train, "    lr = 0.1\n", "    lr = 0.2\n    beta = 0.9\n")).toBe(
      train.replace("lr = 0.1", "lr = 0.2\n    beta = 0.9"),
    );
  });

  it("is found within a line, at the borders of words", () => {
    expect(textAfter("f(a, lr=0.1, b)\n", "lr=0.1", "lr=0.2")).toBe("f(a, lr=0.2, b)\n");
    expect(refusal("lr = 0.15\n", "lr = 0.1", "lr = 0.2")).toMatch(/^no_match/);
    expect(refusal("max = 1\n", "x = 1", "x = 2")).toMatch(/^no_match/);
  });

  it("may begin in the middle of its first line, with the others as in the file", () => {
    const changed = textAfter(
      train,
      "loss = model(step)\n        loss.backward()",
      "loss = model(step)\n        loss.sum().backward()",
    );
    expect(changed).toBe(train.replace("loss.backward()", "loss.sum().backward()"));
  });

  it("is deleted with its newline when the replacement is empty", () => {
    expect(textAfter("a\nb\nc\n", "b\n", "")).toBe("a\nc\n");
    expect(textAfter("a\n    b\nc\n", "b", "")).toBe("a\nc\n");
  });

  it("matches without regard to trailing space and to blank lines around it", () => {
    expect(textAfter("a = 1  \nb = 2\n", "\na = 1\nb = 2\t\n", "\na = 3\nb = 4\n")).toBe("a = 3\nb = 4\n");
  });
});

describe("line endings", () => {
  it.each([
    ["windows", "a\r\nb\r\nc\r\n", "a\r\nx\r\ny\r\nc\r\n"],
    ["unix", "a\nb\nc\n", "a\nx\ny\nc\n"],
    ["windows, no final newline", "a\r\nb\r\nc", "a\r\nx\r\ny\r\nc"],
  ])("stay as they are: %s", (_name, before, after) => {
    expect(textAfter(before, "b\n", "x\ny\n")).toBe(after);
    expect(textAfter(before, "b\r\n", "x\r\ny\r\n")).toBe(after);
  });

  it("of the last line stay as they are", () => {
    expect(textAfter("a\nb", "b\n", "c\nd\n")).toBe("a\nc\nd");
    expect(textAfter("a\nb\n", "b", "c")).toBe("a\nc\n");
    expect(textAfter("a\nb", "b", "")).toBe("a");
  });
});

describe("other indentation", () => {
  it("shifts the replacement with the search", () => {
    const changed = textAfter(
      train,
      "for step in range(10):\n    loss = model(step)\n    loss.backward()\n",
      "for step in range(20):\n    if step:\n        loss = model(step)\n    loss.backward()\n",
    );
    expect(changed).toContain(
      "    for step in range(20):\n        if step:\n            loss = model(step)\n        loss.backward()\n    print",
    );
  });

  it("takes a search that is indented more than the file", () => {
    expect(textAfter("a = 1\nb = 2\n", "    a = 1\n    b = 2", "    a = 1\n    if a:\n        b = 3")).toBe(
      "a = 1\nif a:\n    b = 3\n",
    );
  });

  it("turns spaces into the tabs of the file, and other widths into its own", () => {
    const tabs = "def f():\n\tfor i in x:\n\t\tg(i)\n\treturn 1\n";
    expect(textAfter(tabs, "for i in x:\n    g(i)", "for i in x:\n    if i:\n        g(i)")).toBe(
      "def f():\n\tfor i in x:\n\t\tif i:\n\t\t\tg(i)\n\treturn 1\n",
    );
    const four = "def f():\n    for i in x:\n        g(i)\n    return 1\n";
    expect(textAfter(four, "  for i in x:\n    g(i)\n  return 1", "  for i in x:\n    h(i)\n  return 2")).toBe(
      "def f():\n    for i in x:\n        h(i)\n    return 2\n",
    );
  });

  it("of one unindented line is that of the line, and the lines after it follow", () => {
    expect(textAfter(train, "lr = 0.1", "if fast:\n    lr = 0.2\nelse:\n    lr = 0.1")).toContain(
      "    if fast:\n        lr = 0.2\n    else:\n        lr = 0.1\n    for",
    );
    // Written as in the file after the first line.
    expect(textAfter(train, "lr = 0.1", "lr = 0.2\n    beta = 1")).toContain("    lr = 0.2\n    beta = 1\n    for");
  });

  it("is refused where lines are shifted differently", () => {
    expect(refusal("  a\n    b\n", "a\nb", "c")).toMatch(/^no_match/);
  });

  it("is refused where the replacement would leave the file's margin", () => {
    expect(refusal("a = 1\n", "    a = 1", "b = 1")).toMatch(/^no_match: .*line 1/);
  });
});

describe("a search that does not stand once", () => {
  it("is refused with the lines of every match", () => {
    expect(refusal("x = 1\ny = 2\nx = 1\nz\nx = 1\n", "x = 1", "x = 2")).toBe(
      "several_matches: The search stands 3 times in train.py, at lines 1, 3 and 5. Add lines before or after it until it stands once.",
    );
    expect(refusal("f(a)\ng(a)\n", "(a)", "(b)")).toMatch(/^several_matches.*lines 1 and 2/);
    expect(refusal("  a = 1\n    a = 1\n", "a = 1", "b\nc\n")).toMatch(/^several_matches/);
  });

  it("is refused with the nearest lines and what differs", () => {
    const message = refusal(train, "    for step in range(100):\n        loss = model(step)\n", "x");
    expect(message).toMatch(/^no_match/);
    expect(message).toContain("5 |     for step in range(10):\n6 |         loss = model(step)");
    expect(message).toContain(
      'Only in the search: "    for step in range(100):". Only in the file: "    for step in range(10):".',
    );
  });

  it("finds what is near by characters where no line is the same", () => {
    expect(refusal(train, "learning_rate = 0.1\nprint(losses)", "x")).toContain("8 |     print(loss)");
  });

  it("says so where nothing is near", () => {
    expect(refusal("a\nb\n", "completely other text", "x")).toContain("nothing there is like it");
  });

  it("is answered in bounded time in long files", () => {
    const long = Array.from(
      { length: 10_000 },
      (_, index) => `    value_${index % 97} = compute(${index}, "text of line ${index}")`,
    );
    const search = long.slice(5000, 5040).map((line) => line.replace("compute", "komputed"));
    const start = performance.now();
    expect(refusal(`${long.join("\n")}\n`, search.join("\n"), "x")).toContain("lines 5001 to 5040");
    expect(refusal(`${"a\n".repeat(10_000)}`, "a\n".repeat(3000), "x")).toMatch(/^several_matches/);
    expect(refusal(`${"a b\n".repeat(10_000)}`, "b", "x")).toMatch(/^several_matches/);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("is refused when it is empty or the same as its replacement", () => {
    expect(refusal("a\n", "\n", "b")).toMatch(/^no_match/);
    expect(refusal("a\n", "a", "a\n")).toMatch(/^no_change/);
  });
});

import { describe, expect, it } from "vitest";
import { truncation } from "./truncation.js";

const old = "import a\n\ndef f():\n    x = 1\n    return x\n";

describe("texts that look cut off", () => {
  it.each([
    ["a.py", "import a\n# ... rest unchanged\n"],
    ["a.py", "import a\n# rest of the file unchanged\n"],
    ["a.py", "import a\n# (rest of code)\n"],
    ["a.py", "import a\n# ... existing code ...\n"],
    ["a.py", "import a\n# existing code here\n"],
    ["a.py", "import a\n# same as before\n"],
    ["a.py", "import a\n# Remaining functions stay the same\n"],
    ["a.py", "def f():\n    ...\n"],
    ["a.py", "def f():\n    # ...\n    return 1\n"],
    ["a.js", "let a = 1;\n// ... keep the rest\n"],
    ["a.js", "let a = 1;\n/* unchanged */\n"],
    ["a.html", "<p>\n<!-- rest of the file -->\n"],
    ["a.py", "def f():\n    x = g(1,\n"],
    ["a.py", "def f():\n"],
    ["a.py", 'def f():\n    x = """a\n'],
    ["a.py", 'def f():\n    print("hal\n'],
    ["a.py", "x = 1 +\n"],
    ["a.js", "function f() {\n  return 1;\n"],
    ["a.js", "/* begins\n"],
  ])("%s: %j is refused", (path, text) => {
    expect(truncation(path, old, text, true)).toBeDefined();
  });

  it.each([
    ["a.py", old],
    ["a.py", "import a\n\n# the rest of the batch is padded\nx = y[..., 0]\n"],
    ["a.py", "# use the same seed as before the split\nx = 1\n"],
    ["a.py", "# keep other parameters frozen\nx = [\n    1,\n]\n"],
    ["a.py", "# previous layer norm goes first\nx = 1\n"],
    ["a.py", 'x = """\n...\n"""\n'],
    ["a.py", "x = {'a': '('}  # (\n"],
    ["a.py", "from a import *\n"],
    ["a.js", "const a = `{`; // {\nconst b = /[(]/;\n"],
    ["a.txt", "(open\n"],
  ])("%s: %j is allowed", (path, text) => {
    expect(truncation(path, old, text, true)).toBeUndefined();
  });

  it("lets a placeholder stand that was there before, and a stub in a new file", () => {
    expect(truncation("a.py", "def f():\n    ...\n", "def f():\n    ...\nx = 1\n", true)).toBeUndefined();
    expect(truncation("a.py", "def f():\n    ...\n", "def f():\n    ...\ndef g():\n    ...\n", true)).toBeDefined();
    expect(truncation("a.py", null, "class A(Protocol):\n    def f(self): \n        ...\n", true)).toBeUndefined();
  });

  it("compares a part of a file only by its placeholders", () => {
    expect(truncation("a.py", "for x in y:", "for x in z:", false)).toBeUndefined();
    expect(truncation("a.py", "for x in y:", "for x in z:\n    # ... unchanged ...", false)).toBeDefined();
  });
});

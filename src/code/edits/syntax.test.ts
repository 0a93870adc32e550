import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkSyntax, javaScriptSyntax, pythonSyntax } from "./syntax.js";

const options = { python: "python3" };

it("finds what Python's compiler refuses, with the line", async () => {
  const files = new Map([
    ["good.py", "def f(x: int) -> int:\n    return x\n"],
    ["broken.py", "x = 1\nif x\n    y = 2\n"],
    ["return.py", "x = 1\nreturn x\n"],
    ["nul.py", "x = '\0'\n"],
  ]);
  const { problems, notes } = await pythonSyntax(files, options);
  expect(notes).toEqual([]);
  expect(problems.map(({ path }) => path)).toEqual(["broken.py", "return.py", "nul.py"]);
  expect(problems[0]).toMatchObject({ line: 2, message: expect.stringContaining("expected ':'") });
  expect(problems[1]).toMatchObject({ line: 2 });
});

it("runs nothing of the code that it checks", async () => {
  const canary = join(tmpdir(), `agent-tune-syntax-${process.pid}`);
  const code = `open(${JSON.stringify(canary)}, "w").close()\n`;
  expect(await pythonSyntax(new Map([["a.py", code]]), options)).toEqual({ problems: [], notes: [] });
  await javaScriptSyntax(new Map([["a.js", `require("fs").writeFileSync(${JSON.stringify(canary)}, "")`]]), {});
  expect(existsSync(canary)).toBe(false);
});

it("says so when Python is missing or late, and blames no edit", async () => {
  const files = new Map([["a.py", "x = 1\n"]]);
  const missing = await pythonSyntax(files, { python: "no-such-python" });
  expect(missing).toEqual({
    problems: [],
    notes: ["Python syntax was not checked: no-such-python: it was not found."],
  });
  const late = await pythonSyntax(files, { python: "python3", seconds: 0.001 });
  expect(late.notes[0]).toMatch(/no answer within/);
});

it("checks JavaScript as either kind of module", async () => {
  const files = new Map([
    ["module.js", 'import a from "a";\nawait a;\n'],
    ["common.js", 'const a = require("a");\nreturn;\n'],
    ["broken.mjs", "const a = 1;\nconst = 2;\n"],
  ]);
  const { problems, notes } = await javaScriptSyntax(files, {});
  expect(notes).toEqual([]);
  expect(problems).toEqual([{ path: "broken.mjs", line: 2, message: expect.stringContaining("Unexpected token") }]);
});

it("names what has no check", async () => {
  const files = new Map([
    ["a.rs", "fn"],
    ["b.json", "{}"],
  ]);
  expect(await checkSyntax(files, options)).toEqual({ problems: [], notes: ["a.rs: syntax was not checked."] });
});

import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillShellLine, fillWords } from "./fill.js";
import { checkPlaceholders, parseTemplate } from "./template.js";

const given = (values: Record<string, string | number | boolean>, words: string[] = []) => ({
  values,
  arguments: words,
});

describe("filling a command word by word", () => {
  test("values go in as they are, several in a word, booleans as true and false", () => {
    const { words } = fillWords(
      "run --lr={lr} {name}-{n} {flag} {{lr}}",
      given({ lr: 3e-7, name: "a b", n: 2, flag: true }),
    );
    expect(words).toEqual(["run", "--lr=3e-7", "a b-2", "true", "{lr}"]);
  });

  test("{arguments} is one word for each", () => {
    expect(fillWords("run {arguments} end", given({}, ["--a=1", "--b=x y"])).words).toEqual([
      "run",
      "--a=1",
      "--b=x y",
      "end",
    ]);
    expect(() => fillWords("run x{arguments}", given({}, []))).toThrow(/word of its own/);
  });

  test("an inactive parameter takes its word with it, and the option before it", () => {
    const line = "run --momentum={momentum} --beta {beta} -v --gamma {gamma} {free}";
    expect(fillWords(line, given({ gamma: 1 })).words).toEqual(["run", "-v", "--gamma", "1"]);
  });

  test("no value can become another argument", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("\0")),
        (value) => {
          const { words } = fillWords("prog --x={x} '{x}'", given({ x: value }));
          expect(words).toEqual(["prog", `--x=${value}`, value]);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  test("a NUL character, which no argument can hold, is refused", () => {
    expect(() => fillWords("prog {x}", given({ x: "a\0b" }))).toThrow(
      expect.objectContaining({ code: "configuration_invalid" }),
    );
  });
});

describe("filling a line for the shell", () => {
  const inShell = (line: string, value: string) => {
    const { words, variables } = fillShellLine(line, given({ x: value }, [`--x=${value}`, "--y=2"]));
    const [file = "", ...args] = words;
    return execFileSync(file, args, { encoding: "utf8", env: { PATH: process.env.PATH, ...variables } });
  };

  test.each([
    "a b",
    "$(echo pwned)",
    "`echo pwned`",
    "'; echo pwned; '",
    '"; echo pwned; "',
    "a\nb",
    "*",
    "\\",
    "$HOME",
    "-n x",
  ])("the value %j arrives as it is in every kind of quotes", (value) => {
    const line = `printf '%s\\n' {x} "{x}" '{x}' pre{x}post "pre{x}post" | cat`;
    expect(inShell(line, value)).toBe(`${value}\n${value}\n${value}\npre${value}post\npre${value}post\n`);
  });

  test("{arguments} are words of their own, and not allowed in quotes", () => {
    expect(inShell("printf '%s|' {arguments}", "a b")).toBe("--x=a b|--y=2|");
    expect(() => inShell('printf "%s" "{arguments}"', "a")).toThrow(/inside quotes/);
  });

  test("doubled braces are braces for the shell", () => {
    expect(inShell("echo 5 6 | awk '{{print $2}}'", "")).toBe("6\n");
  });
});

describe("placeholders", () => {
  test("an unknown one is an error with the nearest name", () => {
    expect(() => checkPlaceholders("run {learning_rat}", ["learning_rate", "width"])).toThrow(
      expect.objectContaining({
        code: "command_invalid",
        remedy: expect.stringMatching(/^Did you mean \{learning_rate\}\? Known are/),
      }),
    );
    expect(() => checkPlaceholders("run {sede}", [])).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining("{seed}") }),
    );
  });

  test.each(["a {", "a }", "{}", "{ x }", "{1}", '{"a": 1}'])("%j has a brace that must be doubled", (text) => {
    expect(() => parseTemplate(text)).toThrow(/that is not part of a placeholder/);
  });
});

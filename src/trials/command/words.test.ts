import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { splitWords } from "./words.js";

describe("splitting a line into words", () => {
  test.each<[string, string[]]>([
    ["python train.py", ["python", "train.py"]],
    ["  a   b\tc\n", ["a", "b", "c"]],
    [`a 'b c' "d e"`, ["a", "b c", "d e"]],
    [`a"b"'c'd`, ["abcd"]],
    [`'' ""`, ["", ""]],
    [String.raw`a\ b \"c\"`, ["a b", '"c"']],
    [String.raw`"\$HOME \n \\ \""`, [String.raw`$HOME \n \ "`]],
    ["$HOME *.py ~", ["$HOME", "*.py", "~"]],
    ["a '|' \"&&\" \\;", ["a", "|", "&&", ";"]],
    ["{lr} --a={b}", ["{lr}", "--a={b}"]],
  ])("%j", (line, words) => expect(splitWords(line)).toEqual(words));

  test("agrees with /bin/sh wherever nothing is expanded", () => {
    const lines = [
      `a 'b c' "d e" f\\ g`,
      `x"y z"'1 2'w`,
      `'it'\\''s' "a \\"quoted\\" word"`,
      `"" '' a`,
      `a\\\\b "c\\d"`,
    ];
    for (const line of lines) {
      const shell = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" })
        .split("\0")
        .slice(0, -1);
      expect(splitWords(line)).toEqual(shell);
    }
  });

  test.each(["a | b", "a && b", "a > log", "a 2>&1", "a; b".replace(";", " ;"), "a &", "(a".replace("(a", "( a )")])(
    "%j needs a shell and says so",
    (line) => {
      expect(() => splitWords(line)).toThrow(
        expect.objectContaining({ code: "command_invalid", remedy: expect.stringContaining("shell: true") }),
      );
    },
  );

  test.each(["a 'b", 'a "b'])("%j has a quote that is not closed", (line) => {
    expect(() => splitWords(line)).toThrow(/not closed/);
  });
});

import { describe, expect, it } from "vitest";
import { JsonLines } from "./json-lines.js";

const texts = (lines: ReturnType<JsonLines["push"]>): readonly string[] =>
  lines.map((line) => (line.kind === "text" ? line.text : line.kind));

describe("lines of input", () => {
  it("are the same however the bytes arrive", () => {
    const input = Buffer.from('{"a":1}\n\n  \n{"b":"ü€😀"}\r\n[1]');
    const expected = ['{"a":1}', '{"b":"ü€😀"}\r', "[1]"];
    for (const size of [1, 2, 3, 7, input.length]) {
      const lines = new JsonLines(100);
      const found: string[] = [];
      for (let at = 0; at < input.length; at += size) found.push(...texts(lines.push(input.subarray(at, at + size))));
      expect([...found, ...texts(lines.end())]).toEqual(expected);
    }
  });

  it("that are too long are said once and skipped to their end, the longest possible one is read", () => {
    const lines = new JsonLines(5);
    expect(texts(lines.push(Buffer.from("12345\n123456")))).toEqual(["12345", "too_long"]);
    expect(texts(lines.push(Buffer.from("789789789789")))).toEqual([]);
    expect(texts(lines.push(Buffer.from("789\nabc\n")))).toEqual(["abc"]);
    expect(texts(lines.push(Buffer.from("1234567")))).toEqual(["too_long"]);
    expect(texts(lines.end())).toEqual([]);
  });

  it("that are not UTF-8 are said to be so", () => {
    const lines = new JsonLines(100);
    expect(texts(lines.push(Buffer.from([0x22, 0xff, 0x22, 0x0a, 0x31, 0x0a])))).toEqual(["not_utf8", "1"]);
  });
});

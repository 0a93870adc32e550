import { describe, expect, test } from "vitest";
import { cut, displayWidth, padEnd, printable, wrap } from "./terminal-text.js";
import { textTable } from "./text-table.js";

test("what a log prints cannot move the cursor, recolour or hide anything", () => {
  expect(printable("\u001b[31mred\u001b[0m \u001b]0;title\u0007a\r\nb\u0000\u202ec\u001b[2J")).toBe("red a b c");
});

test("width is counted in columns, not in code units", () => {
  expect(displayWidth("naïve")).toBe(5);
  expect(displayWidth("e\u0301")).toBe(1);
  expect(displayWidth("損失 🚀")).toBe(7);
  expect(cut("損失関数", 5)).toBe("損失…");
  expect(cut("short", 5)).toBe("short");
  expect(padEnd("損", 4)).toBe("損  ");
});

test("lines break between words and never within one", () => {
  expect(wrap("the quick brown fox", 10)).toEqual(["the quick", "brown fox"]);
  expect(wrap("/a/very/long/path x", 5)).toEqual(["/a/very/long/path", "x"]);
});

describe("a table", () => {
  const columns = [
    { title: "trial", align: "right" },
    { title: "from" },
    { title: "lr", align: "right", keep: 2 },
    { title: "seed", align: "right", keep: 1 },
  ] as const;
  const rows = [
    ["0", "default", "0.001", "17"],
    ["12", "cma-es", "0.02", "4711"],
  ];

  test("aligns its columns", () => {
    expect(textTable(columns, rows, 80)).toEqual({
      lines: ["trial  from        lr  seed", "    0  default  0.001    17", "   12  cma-es    0.02  4711"],
      dropped: [],
    });
  });

  test("leaves out what matters least when it is too wide, and names it", () => {
    const { lines, dropped } = textTable(columns, rows, 22);
    expect(lines[1]).toBe("    0  default  0.001");
    expect(dropped).toEqual(["seed"]);
    expect(textTable(columns, rows, 15).dropped).toEqual(["lr", "seed"]);
  });
});

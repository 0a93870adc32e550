import { describe, expect, test } from "vitest";
import { colourLevel } from "./load-ink.js";
import { rangeBar } from "./sections.js";
import { sparkline } from "./sparkline.js";
import { clip, dim, plain, type StyledLine, spread } from "./styled-line.js";

const text = (line: StyledLine): string => line.map((span) => span.text).join("");

test("a range with its mean and one sigma always fills its width", () => {
  expect(text(rangeBar(0.25, 0.5, 0.75, 21))).toBe("─────━━━━━●━━━━━─────");
  expect(text(rangeBar(0, 0, 0.2, 11))).toBe("●━━────────");
  expect(text(rangeBar(1, 1, 1, 11))).toBe("──────────●");
  expect(text(rangeBar(-3, 0.5, 9, 11))).toBe("━━━━━●━━━━━");
});

test("a sparkline goes from its smallest to its largest value and keeps the latest", () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([100, 1, 2, 3], 3)).toBe("▁▅█");
  expect(sparkline([5, 5], 8)).toBe("▄▄");
  expect(sparkline([Number.NaN, 1, Number.POSITIVE_INFINITY, 2], 8)).toBe("▁█");
  expect(sparkline([], 8)).toBe("");
});

test("a line is cut at the edge, within the span that crosses it", () => {
  expect(text(clip([plain("abc"), dim("defgh"), plain("x")], 6))).toBe("abcde…");
  expect(text(spread([plain("left")], [plain("right")], 12))).toBe("left   right");
  expect(text(spread([plain("left")], [plain("right")], 9))).toBe("left");
});

describe("colours", () => {
  const terminal = { getColorDepth: () => 24 };
  test("follow the terminal, NO_COLOR before all, then FORCE_COLOR", () => {
    expect(colourLevel(terminal, {})).toBe("3");
    expect(colourLevel({ getColorDepth: () => 1 }, {})).toBe("0");
    expect(colourLevel(terminal, { NO_COLOR: "1", FORCE_COLOR: "3" })).toBe("0");
    expect(colourLevel(terminal, { NO_COLOR: "" })).toBe("3");
    expect(colourLevel(terminal, { FORCE_COLOR: "1" })).toBe("1");
  });
});

import { describe, expect, it } from "vitest";
import { markdownText } from "./markdown-text.js";

describe("text from outside in Markdown", () => {
  it("is never markup", () => {
    expect(markdownText("*b* _i_ a_b <img> [x](y) | `c` &amp; #1 $x$")).toBe(
      "\\*b\\* \\_i\\_ a_b \\<img\\> \\[x\\](y) \\| \\`c\\` &amp;amp; \\#1 \\$x\\$",
    );
  });

  it("names nobody and links to nothing, and is copied as it was", () => {
    for (const [text, shown] of [
      ["cma-es+oracle:quality=0.5@0.3 is better", "`cma-es+oracle:quality=0.5@0.3` is better"],
      ["ask @somebody, or a@b.org.", "ask `@somebody`, or `a@b.org`."],
      ["see (https://example.org/a_b?c=1): broken", "see (`https://example.org/a_b?c=1`): broken"],
      ["www.example.org!", "`www.example.org`\\!"],
      ["`@somebody`", "\\``@somebody`\\`"],
      ["a|@somebody|b", "a\\|`@somebody`\\|b"],
    ] as const) {
      expect(markdownText(text)).toBe(shown);
    }
    expect(markdownText("3 @ 4, a@")).toBe("3 @ 4, a@");
  });
});

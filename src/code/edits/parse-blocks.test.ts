import { describe, expect, it } from "vitest";
import { parseBlocks } from "./parse-blocks.js";

const block = "<<<<<<< SEARCH\nlr = 0.1\n=======\nlr = 0.2\n>>>>>>> REPLACE";
const edit = { kind: "replace", path: "model/net.py", search: "lr = 0.1\n", replace: "lr = 0.2\n" };

describe("blocks in a model's text", () => {
  it.each([
    ["a path line", `model/net.py\n${block}`],
    ["text around", `I raise the rate.\n\nmodel/net.py\n${block}\n\nThat is all.`],
    ["a fence around the block", `model/net.py\n\`\`\`python\n${block}\n\`\`\``],
    ["the path in the fence", `\`\`\`\nmodel/net.py\n${block}\n\`\`\``],
    ["the path as info of the fence", `\`\`\`python model/net.py\n${block}\n\`\`\``],
    ["the path behind SEARCH", block.replace("SEARCH", "SEARCH model/net.py")],
    ["Markdown around the path", `**\`model/net.py\`**:\n${block}`],
    ["a heading", `### model/net.py\n${block}`],
    ["a label", `File: "./model/net.py"\n${block}`],
    ["Windows line endings", `model/net.py\n${block}`.replaceAll("\n", "\r\n")],
    [
      "markers of other lengths",
      `model/net.py\n${block.replace("<<<<<<<", "<<<<<").replace("=======", "=====").replace(">>>>>>>", ">>>>>>>>")}`,
    ],
  ])("are read with %s", (_name, text) => {
    expect(parseBlocks(text)).toEqual({ edits: [edit], problems: [] });
  });

  it("follow one another, a path standing for the blocks after it", () => {
    const { edits, problems } = parseBlocks(`a.py\n${block}\n${block}\n\nb.py\n${block}`);
    expect(edits.map((each) => each.path)).toEqual(["a.py", "a.py", "b.py"]);
    expect(problems).toEqual([]);
  });

  it("may have an empty search or replacement", () => {
    expect(parseBlocks("new.py\n<<<<<<< SEARCH\n=======\na = 1\n>>>>>>> REPLACE").edits).toEqual([
      { kind: "replace", path: "new.py", search: "", replace: "a = 1\n" },
    ]);
    expect(parseBlocks("a.py\n<<<<<<< SEARCH\na\n=======\n>>>>>>> REPLACE").edits[0]).toMatchObject({ replace: "" });
  });
});

describe("malformed blocks", () => {
  it.each([
    ["without a path", block, /names no file/],
    ["prose in place of a path", `Here is the change\n${block}`, /names no file/],
    ["cut off before the divider", "a.py\n<<<<<<< SEARCH\nx", /has no ">>>>>>> REPLACE"/],
    ["cut off before the end", "a.py\n<<<<<<< SEARCH\nx\n=======\ny", /has no ">>>>>>> REPLACE"/],
    ["without a divider", "a.py\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE", /has no "======="/],
    ["with two dividers", "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n=======\nz\n>>>>>>> REPLACE", /twice/],
  ])("%s are named and not applied", (_name, text, problem) => {
    const parsed = parseBlocks(text);
    expect(parsed.edits).toEqual([]);
    expect(parsed.problems).toEqual([expect.stringMatching(problem)]);
  });

  it("do not take the next block along", () => {
    const parsed = parseBlocks(`a.py\n<<<<<<< SEARCH\nx\n\nmodel/net.py\n${block}`);
    expect(parsed.edits).toEqual([edit]);
    expect(parsed.problems).toHaveLength(1);
  });

  it.each([
    "",
    "no blocks at all",
    "=======\n>>>>>>> REPLACE",
    "```\n```",
    "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main",
  ])("%j gives nothing", (text) => {
    expect(parseBlocks(text)).toEqual({ edits: [], problems: [] });
  });
});

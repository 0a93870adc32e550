import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isModelChoice, readModelChoice } from "./model-choice.js";
import { recordingFile, recordingToReplay } from "./recording-folder.js";

describe("a model as it is named in a method", () => {
  it("has the settings behind its question mark", () => {
    expect(readModelChoice("openai:m?without=regions+failures&tools=false")).toEqual({
      model: "openai:m",
      without: ["regions", "failures"],
      tools: false,
      set: true,
    });
  });

  it.each(["openai:m", "compatible:org/m@http://localhost:1/v1", "anthropic:m", "replay:/a+b/c?d"])(
    "%s has none",
    (text) => {
      expect(readModelChoice(text)).toEqual({ model: text, without: [], tools: true, set: false });
      expect(isModelChoice(text)).toBe(true);
    },
  );

  it.each(["openai:m?without=moon", "openai:m?with=regions", "openai:m?tools=maybe"])("%s is refused", (text) => {
    expect(() => readModelChoice(text)).toThrow(/Settings of the model/);
  });

  it.each(["rules", "oracle:quality=1", "auto", "none"])("%s is none", (text) => {
    expect(isModelChoice(text)).toBe(false);
  });
});

describe("the recording of a run", () => {
  const run = {
    task: "anon/own/rotated",
    method: "cma-es+compatible:org/m@http://h:1/v1?without=regions@0.3",
    seed: 7,
  };
  const record = (folder: string, method: string): string => {
    const path = recordingFile(folder, { ...run, method });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    return path;
  };
  const emptyFolder = (): string => mkdtempSync(join(tmpdir(), "agent-tune-recordings-"));

  it("is found where the same run was recorded, whatever is in its names", () => {
    const folder = emptyFolder();
    const path = record(folder, run.method);
    expect(path.slice(folder.length + 1).split("/")).toHaveLength(3);
    expect(recordingToReplay(folder, run)).toBe(path);
  });

  it("is said to be missing by its name", () => {
    expect(() => recordingToReplay(emptyFolder(), run)).toThrow(
      /no recording of cma-es\+compatible:org\/m@.* on anon\/own\/rotated, seed 7\./,
    );
  });

  it("is found for replay:FOLDER where it is of one model", () => {
    const folder = emptyFolder();
    const path = record(folder, "cma-es+openai:m@0.3");
    record(folder, "cma-es+openai:m@0.5");
    record(folder, "cma-es+openai:m");
    record(folder, "cma-es+openai:m?without=regions@0.3");
    record(folder, "model-alone+openai:m");
    expect(recordingToReplay(folder, { ...run, method: `cma-es+replay:${folder}@0.3` })).toBe(path);
  });

  it("is found for replay:FOLDER without the settings of others", () => {
    const folder = emptyFolder();
    record(folder, "cma-es+openai:m@0.3");
    record(folder, "cma-es+openai:m?tools=false");
    const path = record(folder, "cma-es+openai:m");
    expect(recordingToReplay(folder, { ...run, method: `cma-es+replay:${folder}` })).toBe(path);
  });

  it("is not guessed where there are two models", () => {
    const folder = emptyFolder();
    record(folder, "model-alone+openai:m");
    record(folder, "model-alone+openai:n");
    expect(() => recordingToReplay(folder, { ...run, method: `model-alone+replay:${folder}` })).toThrow(
      /recordings of model-alone\+openai:[mn] and model-alone\+openai:[mn]/,
    );
  });

  it("may be named itself", () => {
    const path = record(emptyFolder(), "model-alone+openai:m");
    expect(recordingToReplay(path, run)).toBe(path);
  });
});

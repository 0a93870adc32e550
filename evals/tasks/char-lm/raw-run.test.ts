import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type RawRun, readRawRuns } from "./raw-run.js";

const folder = mkdtempSync(join(tmpdir(), "agent-tune-raw-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run: RawRun = {
  seed: 1,
  configuration: { width: 8, optimizer: "adam" },
  outcome: { kind: "complete", value: 2 },
  curve: [[10, 2]],
  trainCurve: [],
  seconds: 1,
};

describe("the raw file", () => {
  it("is empty before the first run", () => {
    expect(readRawRuns(join(folder, "none.jsonl"))).toEqual([]);
  });

  it("loses the line that a kill cut, so that the next run begins on a line of its own", () => {
    const file = join(folder, "cut.jsonl");
    const line = `${JSON.stringify(run)}\n`;
    writeFileSync(file, line + line.slice(0, 30));
    expect(readRawRuns(file)).toEqual([run]);
    appendFileSync(file, line);
    expect(readFileSync(file, "utf8")).toBe(line + line);
  });

  it("is refused with a whole line that is no run", () => {
    const file = join(folder, "other.jsonl");
    writeFileSync(file, '{"seed":1}\n');
    expect(() => readRawRuns(file)).toThrow(/configuration/);
  });
});

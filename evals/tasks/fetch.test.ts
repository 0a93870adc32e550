import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findData, readVerified } from "./data-folder.js";
import { fetchData } from "./fetch.js";
import type { DataSource } from "./sources.js";

const folder = mkdtempSync(join(tmpdir(), "agent-tune-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const content = new TextEncoder().encode("a table");
const source: DataSource = {
  path: "some/table.bin",
  url: "https://example.org/table.bin",
  sha256: createHash("sha256").update(content).digest("hex"),
  licence: "MIT",
};

describe("downloaded data", () => {
  it("is not kept where it is not what was expected", async () => {
    await expect(fetchData(source, folder, async () => Uint8Array.of(1))).rejects.toThrow("Nothing was kept");
    expect(existsSync(join(folder, source.path))).toBe(false);
  });

  it("is found afterwards, and refused where it was changed", async () => {
    const file = await fetchData(source, folder, async (url) => (url === source.url ? content : Uint8Array.of()));
    expect(readFileSync(file, "utf8")).toBe("a table");
    const found = findData(source.path, { AGENT_TUNE_EVAL_DATA: folder });
    expect(found).toBe(file);
    expect(readVerified(file, source.sha256)).toEqual(readFileSync(file));
    expect(() => readVerified(file, "0".repeat(64))).toThrow("another version of the data");
  });

  it("cannot be had without an address", async () => {
    const { path, sha256, licence } = source;
    await expect(fetchData({ path, sha256, licence }, folder, async () => content)).rejects.toThrow("no address");
  });

  it("is nowhere else than in the named folder and in the cache", () => {
    expect(findData("some/table.bin", { AGENT_TUNE_EVAL_DATA: "", HOME: "/nowhere" })).toBeUndefined();
  });
});

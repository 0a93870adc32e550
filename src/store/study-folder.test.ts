import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeStudyFile } from "./study-folder.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "agent-tune-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a file is written whole over the one before, and nothing else is left", () => {
  const path = writeStudyFile(root, "s1", "report.md", "a long first version\n");
  expect(writeStudyFile(root, "s1", "report.md", "second\n")).toBe(path);
  expect(path).toBe(join(root, "studies", "s1", "report.md"));
  expect(readFileSync(path, "utf8")).toBe("second\n");
  expect(readdirSync(join(root, "studies", "s1"))).toEqual(["report.md"]);
});

test.each(["../x.md", "a/b.md", ".hidden", "", "a\u0000b"])("%j cannot be the name of a study's file", (name) => {
  expect(() => writeStudyFile(root, "s1", name, "")).toThrow(expect.objectContaining({ code: "internal" }));
});

test("where a folder has taken the name, the error says where and leaves no temporary file", () => {
  const folder = join(root, "studies", "s1");
  mkdirSync(join(folder, "report.md"), { recursive: true });
  expect(() => writeStudyFile(root, "s1", "report.md", "x")).toThrow(
    expect.objectContaining({ code: "store_unwritable", where: join(folder, "report.md") }),
  );
  expect(readdirSync(folder)).toEqual(["report.md"]);
});

test.skipIf(process.getuid?.() === 0)("a folder that cannot be written is one clear error", () => {
  writeStudyFile(root, "s1", "report.md", "first");
  const folder = join(root, "studies", "s1");
  chmodSync(folder, 0o500);
  try {
    expect(() => writeStudyFile(root, "s1", "report.md", "x")).toThrow(
      expect.objectContaining({ code: "store_unwritable" }),
    );
    expect(readFileSync(join(folder, "report.md"), "utf8")).toBe("first");
  } finally {
    chmodSync(folder, 0o700);
  }
});

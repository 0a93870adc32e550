import { describe, expect, test } from "vitest";
import { durationSchema, formatDuration, formatSize, parseDuration, parseSize, sizeSchema } from "./quantity.js";

describe("durations", () => {
  test.each([
    ["90s", 90],
    ["5m", 300],
    ["5min", 300],
    ["2h", 7200],
    ["1.5h", 5400],
    ["1h30m", 5400],
    ["1h 30m", 5400],
    ["250ms", 0.25],
    ["2d", 172_800],
    [" 10 s ", 10],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: seconds });
  });

  test.each(["90", "", "s", "5 minutes", "-5m", "0s", "1e3s", "5m?", "h1"])("%j is refused", (text) => {
    expect(parseDuration(text).ok).toBe(false);
  });

  test("a bare number is an error that names the units, also where it is a number in the file", () => {
    const words = "90 has no unit; write 90s or 90m (s, m, h or d).";
    expect(durationSchema.safeParse(90).error?.issues[0]?.message).toBe(words);
    expect(durationSchema.safeParse("90").error?.issues[0]?.message).toMatch(/^90 has no unit/);
  });

  test.each([
    [0.4, "400ms"],
    [90, "90s"],
    [300, "5m"],
    [3725, "1h 2m"],
    [90_000, "1d 1h"],
  ])("%d seconds are written as %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("sizes", () => {
  test.each([
    ["512MB", 512e6],
    ["2GiB", 2 * 1024 ** 3],
    ["1.5 GB", 1.5e9],
    ["64 KiB", 65_536],
    ["100kB", 100_000],
    ["7B", 7],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  test.each(["512", "2G", "2gb", "0MB", "-1GB", "GB", "1 GB 5 MB"])("%j is refused", (text) => {
    expect(parseSize(text).ok).toBe(false);
  });

  test("a bare number is an error that names the units", () => {
    expect(sizeSchema.safeParse(512).error?.issues[0]?.message).toBe(
      "512 has no unit; write 512MB or 512GiB (MB, GB, MiB or GiB).",
    );
  });

  test.each([
    [512 * 1024 ** 2, "512 MiB"],
    [1.5 * 1024 ** 3, "1.5 GiB"],
    [1023, "1023 B"],
  ])("%d bytes are written as %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AgentTuneError, ExitCode, errorCodes } from "../src/errors.js";

const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it("docs/errors.md lists every error code with its exit code, its meaning and what to do, and no other", () => {
  const documented = rows.filter(([first]) => first?.startsWith("`"));
  expect(documented.map(([code, exit]) => [code, exit]).sort()).toEqual(
    errorCodes.map((code) => [`\`${code}\``, String(new AgentTuneError(code, { message: "" }).exitCode)]).sort(),
  );
  for (const [, , means, remedy] of documented) {
    expect(means).toMatch(/\.$/);
    expect(remedy).toMatch(/\.$/);
  }
});

it("docs/errors.md lists every exit code, and no other", () => {
  const documented = rows.filter(([first]) => /^\d+$/.test(first ?? ""));
  expect(documented.map(([exit]) => Number(exit))).toEqual(Object.values(ExitCode).sort((a, b) => a - b));
});

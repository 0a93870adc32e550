import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { summarySchema } from "../src/study/summary.js";
import { agentTune, projectFolder } from "./cli.js";

it("agent-tune demo trains the bundled language model without a key, and prints one summary", async () => {
  const cwd = projectFolder();
  const { code, stdout, stderr } = await agentTune(["demo", "--json", "--trials", "1"], { cwd });
  expect(code).toBe(0);
  // Said in one line: who advises when there is no key.
  expect(stderr.match(/built-in rules \(no model\)/g)).toHaveLength(1);
  const summary = summarySchema.parse(JSON.parse(stdout));
  expect(summary).toMatchObject({
    objective: { metric: "val_bpb", direction: "minimize" },
    advisor: "built-in rules (no model)",
    trials: { search: 1, failed: 0, unfinished: 0 },
    cost: { calls: 0, tokens: 0, usd: 0 },
  });
  // Far better than guessing among the characters of the text, which takes more than six bits.
  expect(summary.default?.fresh?.mean).toBeLessThan(3);
  expect(summary.best?.trial).toBe(0);
  expect(existsSync(summary.report ?? "")).toBe(true);
}, 180_000);

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { preflight } from "./preflight.js";
import { type TrialSettingsInput, trialSettingsSchema } from "./settings.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-preflight-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const bin = join(root, "bin");
mkdirSync(bin);
mkdirSync(join(root, "sub"));
for (const [name, mode] of [
  ["python3", 0o755],
  ["train", 0o755],
  ["plain", 0o644],
] as const) {
  writeFileSync(join(bin, name), "#!/bin/sh\n");
  chmodSync(join(bin, name), mode);
}
writeFileSync(join(root, "sub", "go.sh"), "#!/bin/sh\n", { mode: 0o755 });

const check = (given: Partial<TrialSettingsInput>) =>
  preflight(
    trialSettingsSchema.parse({ command: "train", objective: { metric: "loss", direction: "minimize" }, ...given }),
    { base: root, names: { parameters: ["lr"], derived: [] }, parent: { PATH: `/nonexistent:${bin}` } },
  );

describe("before the first trial", () => {
  test("the program is found along the trial's PATH or relative to cwd", async () => {
    expect(await check({})).toEqual({
      program: join(bin, "train"),
      cwd: root,
      pass: { parameters: { to: "arguments", form: "--name=value" }, seed: "none" },
    });
    expect(await check({ command: "./go.sh", cwd: "sub" })).toMatchObject({ program: join(root, "sub", "go.sh") });
    expect(await check({ command: "anything | else {lr}", shell: true })).toMatchObject({ program: "/bin/sh" });
  });

  test.each<[Partial<TrialSettingsInput>, string, RegExp, RegExp]>([
    [{ command: "trian" }, "command_not_found", /"trian" was not found along PATH/, /activate the environment/],
    [{ command: "python train.py" }, "command_not_found", /"python" was not found/, /"python3" is there/],
    [{ command: "plain" }, "command_not_found", /may not be executed/, /chmod \+x/],
    [{ command: "./none.sh" }, "command_not_found", /was not found\./, /Check the command/],
    [{ cwd: "nowhere" }, "command_invalid", /working directory nowhere does not exist/, /relative to the study file/],
    [{ command: "A=1 train" }, "command_invalid", /begins with the assignment "A=1"/, /under "env"/],
    [{ env: { PATH: "/nonexistent" } }, "command_not_found", /was not found/, /./],
  ])("%j is refused", async (given, code, message, remedy) => {
    await expect(check(given)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });
});

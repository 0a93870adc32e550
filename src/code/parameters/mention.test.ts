import { describe, expect, it } from "vitest";
import { trialSettingsSchema } from "../../trials/index.js";
import { mentionProblems } from "./mention.js";
import { passingOf } from "./passing.js";

const passing = (given: Record<string, unknown> = {}) =>
  passingOf(
    trialSettingsSchema.parse({
      command: "python train.py --lr={lr}",
      objective: { metric: "loss", direction: "minimize" },
      ...given,
    }),
  );

const problems = (text: string, given?: Record<string, unknown>, name = "warmup_share") =>
  mentionProblems([name], [{ path: "train.py", text }], passing(given));

describe("a declared parameter is read where it is passed", () => {
  it.each([
    ["as an argument", 'parser.add_argument("--warmup_share", type=float, default=0.0)\n', undefined],
    ["as a field that becomes an argument", "@dataclass\nclass Config:\n    warmup_share: float = 0.0\n", undefined],
    [
      "as an environment variable",
      'os.environ.get("TUNE_warmup_share", 0)\n',
      { pass: { parameters: { to: "environment", prefix: "TUNE_" } } },
    ],
    ["in a file", 'config["warmup_share"]\n', { command: "python train.py {parameters_file}" }],
    [
      "as a constant",
      "warmup_share = 0\nWARMUP = 0.1\n",
      { command: "python train.py", pass: { parameters: { to: "constants", source: "./train.py" } } },
      "WARMUP",
    ],
  ])("%s", (_how, text, given, name?: string) => {
    expect(problems(text, given, name)).toEqual([]);
  });

  it.each([
    [
      "only a comment names it",
      "# --warmup_share comes later\nx = 1\n",
      undefined,
      /never reads .* passed as --warmup_share/,
    ],
    ["another name holds it", 'parser.add_argument("--warmup_share_max")\n', undefined, /never reads/],
    [
      "hyphens make it another option",
      'add_argument("--warmup-share")\n',
      undefined,
      /reads --warmup-share, but .* --warmup_share/,
    ],
    [
      "the variable has a prefix",
      'os.environ["warmup_share"]\n',
      { pass: { parameters: { to: "environment", prefix: "TUNE_" } } },
      /passed as TUNE_warmup_share/,
    ],
    [
      "it is computed, and no constant",
      "warmup_share = f()\n",
      { command: "python train.py", pass: { parameters: { to: "constants", source: "train.py" } } },
      /is no constant of train.py/,
    ],
  ])("but not where %s", (_why, text, given, message) => {
    expect(problems(text, given)).toEqual([expect.stringMatching(message)]);
  });

  it("says in one sentence how values arrive", () => {
    expect(passing().sentence).toContain("--NAME=VALUE");
    expect(
      passing({ pass: { parameters: { to: "file", base: "conf.yaml" } }, command: "run {parameters_file}" }).sentence,
    ).toContain("conf.yaml");
  });
});

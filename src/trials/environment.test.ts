import { describe, expect, test } from "vitest";
import { isProviderKey, looksSecret, trialEnvironment } from "./environment.js";

const build = (
  parent: Record<string, string>,
  rest: { pass?: string[]; constants?: Record<string, string>; own?: Record<string, string> } = {},
) => trialEnvironment({ parent, pass: rest.pass ?? [], constants: rest.constants ?? {}, own: rest.own ?? {} });

describe("the environment of a trial", () => {
  test("takes the usual names and nothing else", () => {
    const parent = {
      PATH: "/bin",
      LC_CTYPE: "C",
      CONDA_PREFIX: "/c",
      PYTHONPATH: "p",
      MY_SETTING: "1",
      SSH_AUTH_SOCK: "/s",
    };
    expect(build(parent)).toEqual({ PATH: "/bin", LC_CTYPE: "C", CONDA_PREFIX: "/c", PYTHONPATH: "p" });
  });

  test("takes names that the study lists, by prefix too, but secrets by their exact name only", () => {
    const parent = { MY_A: "1", MY_B: "2", MY_TOKEN: "t", HF_TOKEN: "h" };
    expect(build(parent, { pass: ["MY_*"] })).toEqual({ MY_A: "1", MY_B: "2" });
    expect(build(parent, { pass: ["HF_TOKEN"] })).toEqual({ HF_TOKEN: "h" });
  });

  test("never holds the key of a model provider, wherever it comes from", () => {
    const keys = { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "k", ANTHROPIC_AUTH_TOKEN: "k", GEMINI_API_KEY: "k" };
    expect(build(keys, { pass: Object.keys(keys), constants: keys })).toEqual({});
  });

  test("the devices and the mark are the executor's alone; constants win over the parent", () => {
    const parent = { CUDA_VISIBLE_DEVICES: "7", CUDA_HOME: "/cuda", AGENT_TUNE_ATTEMPT: "outer", TZ: "UTC" };
    expect(build(parent, { pass: ["CUDA_VISIBLE_DEVICES", "AGENT_TUNE_*"], constants: { TZ: "CET" } })).toEqual({
      CUDA_HOME: "/cuda",
      TZ: "CET",
    });
    expect(build(parent, { constants: { X: "1" }, own: { X: "2" } }).X).toBe("2");
  });

  test.each(["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENROUTER_API_KEY", "anthropic_api_key"])(
    "%s is a provider's key",
    (name) => expect(isProviderKey(name)).toBe(true),
  );
  test.each(["WANDB_API_KEY", "OPENAI_BASE_URL", "PATH"])("%s is none", (name) =>
    expect(isProviderKey(name)).toBe(false),
  );
  test.each([
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "GITHUB_PAT",
    "DB_PASSWORD",
    "SENTRY_DSN",
    "CONDA_TOKEN",
    "MYAPIKEY",
  ])("%s looks secret", (name) => expect(looksSecret(name)).toBe(true));
  test.each(["PATH", "TOKENIZERS_PARALLELISM", "PYTHONPATH", "XLA_FLAGS", "KEYBOARD", "MONKEY", "AUTHOR"])(
    "%s does not",
    (name) => expect(looksSecret(name)).toBe(false),
  );
});

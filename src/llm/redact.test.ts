import { describe, expect, it } from "vitest";
import { createRedactor } from "./redact.js";

describe("redaction", () => {
  const redact = createRedactor({
    environment: {
      OPENAI_API_KEY: "sk-proj-abcdefghij0123456789",
      WANDB_API_KEY: "0123456789abcdef0123456789abcdef01234567",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      MY_SERVICE_TOKEN: "correct horse battery",
      DB_PASSWORD: "short",
      PATH: "/usr/bin:/bin",
      SSH_AUTH_SOCK: "/tmp/agent.sock",
      TOKENIZERS_PARALLELISM: "disabled-by-user",
      KEYBOARD_LAYOUT: "us-international",
    },
    secrets: ["the-key-in-use-1234", undefined],
  });

  it("removes the values of variables that are named like secrets, wherever they occur", () => {
    const text =
      "wandb 0123456789abcdef0123456789abcdef01234567; aws wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY; correct horse battery; the-key-in-use-1234";
    expect(redact.text(text)).toBe("wandb [redacted]; aws [redacted]; [redacted]; [redacted]");
  });

  it("leaves ordinary text and harmless variables alone", () => {
    const text =
      "PATH=/usr/bin:/bin short /tmp/agent.sock disabled-by-user us-international lr=0.003 sk-learn-contrib-lightning";
    expect(redact.text(text)).toBe(text);
  });

  it.each([
    ["OpenAI", "sk-proj-A1b2C3d4E5f6G7h8I9j0"],
    ["Anthropic", "sk-ant-api03-A1b2C3d4E5f6G7h8"],
    ["GitHub", "ghp_0123456789abcdefghijABCDEFGHIJ012345"],
    ["GitHub, fine-grained", "github_pat_11ABCDEFG0123456789_abcdefghijklmnop"],
    ["Hugging Face", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"],
    ["Slack", "xoxb-123456789012-abcdefghij"],
    ["AWS", "AKIAIOSFODNN7EXAMPLE"],
    ["Google", "AIzaSyA1234567890abcdefghijklmnopqrstuv"],
    ["a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"],
  ])("knows the shape of a key of %s", (_, key) => {
    expect(createRedactor().text(`key: ${key}.`)).toBe("key: [redacted].");
  });

  it("removes passwords from addresses and keeps the rest", () => {
    expect(createRedactor().text("postgres://tuner:hunter2@db:5432/runs")).toBe(
      "postgres://tuner:[redacted]@db:5432/runs",
    );
  });

  it("removes a secret that contains another one as a whole", () => {
    const nested = createRedactor({ secrets: ["abcdefgh", "abcdefgh-ijkl"] });
    expect(nested.text("abcdefgh-ijkl abcdefgh")).toBe("[redacted] [redacted]");
  });

  it("goes through JSON, names of keys included, and changes nothing else", () => {
    const value = { a: ["the-key-in-use-1234", 1, null, true], "the-key-in-use-1234": { b: "x" }, n: 0.1 };
    expect(redact.json(value)).toEqual({ a: ["[redacted]", 1, null, true], "[redacted]": { b: "x" }, n: 0.1 });
  });
});

import { describe, expect, it } from "vitest";
import type { ParameterValue } from "../parameter.js";
import { SearchSpace } from "../search-space.js";
import type { Discovered } from "./discovered.js";
import { decide } from "./naming-rules.js";

function setting(name: string, value: ParameterValue, more: Partial<Discovered> = {}): Discovered {
  const kind =
    typeof value === "number"
      ? Number.isInteger(value)
        ? "int"
        : "float"
      : typeof value === "string"
        ? "string"
        : "boolean";
  return { style: "constants", name, kind, default: value, line: 1, ...more };
}

const float = { kind: "float" } as const;

/** A range in one word, as a person would say it. */
function verdictOf(found: Discovered, alternatives?: readonly string[]): string {
  const verdict = decide(found, alternatives);
  if (verdict.decision !== "tune") return verdict.decision;
  const { range } = verdict;
  switch (range.kind) {
    case "boolean":
      return "boolean";
    case "categorical":
      return range.choices.join("|");
    case "int":
      if (range.powersOf !== undefined) return `2^ ${range.low}..${range.high}`;
      return `int ${range.scale} ${range.low}..${range.high}${range.step === undefined ? "" : ` by ${range.step}`}`;
    case "float":
      return `${range.scale} ${range.low}..${range.high}`;
  }
}

describe("what is tuned, and in which range", () => {
  it.each([
    [setting("LEARNING_RATE", 3e-4), "log 0.00001..0.01"],
    [setting("MATRIX_LR", 0.04), "log 0.001..1"],
    [setting("embeddingLr", 0.6), "log 0.02..2"],
    [setting("optimizer.lr", 1, float), "log 0.03..2"],
    [setting("min_lr", 6e-5), "log 0.000006..0.002"],
    [setting("FINAL_LR_FRAC", 0, float), "linear 0..0.5"],
    [setting("weight_decay", 0.1), "log 0.003..1"],
    [setting("weight_decay", 0, float), "linear 0..0.2"],
    [setting("beta1", 0.9), "linear 0.5..0.99"],
    [setting("ADAM_BETA2", 0.95), "linear 0.9..0.999"],
    [setting("adam_beta2", 0.9999), "linear 0.9..0.9999"],
    [setting("momentum", 0, float), "linear 0..0.99"],
    [setting("dropout", 0.1), "linear 0..0.6"],
    [setting("attn_dropout", 0.7), "linear 0..0.7"],
    [setting("label_smoothing", 0.1), "linear 0..0.3"],
    [setting("WARMUP_RATIO", 0, float), "linear 0..0.5"],
    [setting("warmup_steps", 100), "int log 25..400"],
    [setting("batch_size", 32), "2^ 8..128"],
    [setting("batch_size", 100), "int log 25..400"],
    [setting("TOTAL_BATCH_SIZE", 2 ** 19), "2^ 131072..2097152"],
    [setting("DEVICE_BATCH_SIZE", 1), "2^ 1..4"],
    [setting("per_device_train_batch_size", 8), "2^ 2..32"],
    [setting("block_size", 256), "2^ 64..1024"],
    [setting("n_embd", 384), "int linear 192..768 by 64"],
    [setting("hidden_size", 512), "2^ 256..1024"],
    [setting("n_head", 6), "int linear 3..12"],
    [setting("n_layer", 6), "int linear 3..12"],
    [setting("DEPTH", 1), "int linear 1..2"],
    [setting("grad_clip", 1, float), "log 0.1..10"],
    [setting("grad_clip", 0, float), "0|0.3|1|3"],
    [setting("gamma", 0.99), "linear 0.8..0.999"],
    [setting("gamma", 0.7), "linear 0.1..0.99"],
    [setting("sample_ratio", 0.5), "linear 0..1"],
    [setting("sampling_ratio", 0.3), "linear 0..1"],
    [setting("mystery", 0.02), "log 0.002..0.2"],
    [setting("mystery", 0.95), "linear 0.5..0.999"],
    [setting("mystery", -0.5), "linear -1..0"],
    [setting("mystery", 12), "int log 3..48"],
    [setting("mystery", 3), "int linear 1..12"],
    [setting("use_bias", true), "boolean"],
    [setting("tie_weights", false), "boolean"],
    [setting("STANDARDIZE", false), "boolean"],
    [setting("act", "relu", { choices: ["relu", "gelu"] }), "relu|gelu"],
    [setting("width", 32, { choices: [64, 16, 32] }), "2^ 16..64"],
    [setting("width", 32, { choices: [32, 48] }), "32|48"],
  ])("%o", (found, range) => {
    expect(verdictOf(found)).toBe(range);
  });

  it("takes the alternatives that the source tells apart, when the default is one of them", () => {
    expect(verdictOf(setting("ACT", "relu"), ["relu", "gelu"])).toBe("relu|gelu");
    expect(verdictOf(setting("ACT", "tanh"), ["relu", "gelu"])).toBe("skip");
    expect(verdictOf(setting("ACT", "relu"))).toBe("skip");
  });
});

describe("what is not tuned", () => {
  it.each([
    setting("epochs", 10),
    setting("MAX_STEPS", 1000),
    setting("num_iterations", 500),
    setting("TIME_BUDGET", 300),
    setting("total_timesteps", 1e6),
    setting("eval_interval", 100),
    setting("eval_batch_size", 64),
    setting("val_fraction", 0.1),
    setting("log_every", 10),
    setting("data_dir", "data", { choices: ["data", "other"] }),
    setting("device", "cuda", { choices: ["cuda", "cpu"] }),
    setting("dtype", "bfloat16", { choices: ["bfloat16", "float32"] }),
    setting("num_workers", 4),
    setting("port", 8080),
    setting("resume", false),
    setting("use_wandb", true),
    setting("compile", true),
    setting("vocab_size", 50304),
    setting("num_classes", 10),
    setting("TRAINING_IMAGES", 600),
    setting("SIDE", 8),
    setting("sample_every", 100),
    setting("patience", 5),
    setting("adam_eps", 1e-8),
    setting("mystery", 0),
    setting("mystery", -1),
    setting("target_flops", -1, float),
    setting("threshold_value", -1, float),
    setting("target_param_data_ratio", 12, float),
    setting("mystery", true),
    setting("lr", 0, float),
    setting("lr", 0.1, { obstacle: "takes several values" }),
  ])("$name = $default", (found) => {
    const verdict = decide(found);
    expect(verdict.decision).toBe("skip");
    expect(verdict.decision === "skip" && verdict.reason).toMatch(/\w/);
  });

  it.each(["SEED", "seed", "random_seed", "torchSeed", "random_state", "train.seed"])("%s is the seed", (name) => {
    expect(decide(setting(name, 42)).decision).toBe("seed");
  });
});

it("takes an untyped 0 or 1 for a real number where the name says so", () => {
  const untyped = { untyped: true } as const;
  expect(verdictOf(setting("DROPOUT", 0, untyped))).toBe("linear 0..0.6");
  expect(verdictOf(setting("WEIGHT_DECAY", 0, untyped))).toBe("linear 0..0.2");
  expect(verdictOf(setting("optimizer.lr", 1, untyped))).toBe("log 0.03..2");
  expect(verdictOf(setting("WARMUP_RATIO", 0, untyped))).toBe("linear 0..0.5");
  expect(verdictOf(setting("GRAD_CLIP", 1, untyped))).toBe("log 0.1..10");
  expect(verdictOf(setting("DEPTH", 1, untyped))).toBe("int linear 1..2");
  expect(verdictOf(setting("DROPOUT", 0))).toBe("skip");
});

it("gives the reason that fits", () => {
  const reason = (name: string, value: ParameterValue): string => {
    const verdict = decide(setting(name, value));
    return verdict.decision === "seed" ? "" : verdict.reason;
  };
  expect(reason("num_train_epochs", 3)).toContain("compute");
  expect(reason("num_train_images", 3)).toContain("data");
  expect(reason("device_type", "cuda")).toContain("machine");
  expect(reason("eval_batch_size", 8)).toContain("measured");
  expect(reason("weight_decay", 0.1)).toContain("log scale");
});

it("decides on ranges that a search space accepts, whatever the name and the default", () => {
  const names = [
    "lr",
    "weight_decay",
    "beta2",
    "momentum",
    "dropout",
    "warmup",
    "warmdown",
    "batch_size",
    "seq_len",
    "head_dim",
    "n_head",
    "width",
    "depth",
    "clip",
    "eps",
    "gamma",
    "ratio",
    "ema",
    "lr_decay",
    "grad_accum",
    "other",
  ];
  const defaults = [
    0,
    1,
    2,
    3,
    7,
    64,
    100,
    131072,
    1e-9,
    1e-4,
    0.03,
    0.1,
    0.5,
    0.9,
    0.97,
    0.9999,
    1.5,
    12.5,
    1e6 + 0.5,
    -1,
    -0.5,
  ];
  for (const name of names) {
    for (const value of defaults) {
      for (const kind of Number.isInteger(value) ? (["int", "float"] as const) : (["float"] as const)) {
        const verdict = decide(setting(name, value, { kind }));
        if (verdict.decision !== "tune") continue;
        const parameter = { name: "x", ...verdict.range };
        expect(
          SearchSpace.check({ parameters: [parameter], constraints: [], derived: [] }),
          `${name} = ${value} (${kind})`,
        ).toEqual([]);
        expect(parameter.default).toBe(value);
      }
    }
  }
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { draftStudy, parseStudyFile, renderStudyFile, type StudyDraft } from "./index.js";

const script = `import torch
LEARNING_RATE = 3e-7  # peak: after "warm-up"
WIDTH = 96
DROPOUT = 0.0
ACTIVATION = "relu"
EPOCHS = 3
SEED = 1
if ACTIVATION == "gelu" or ACTIVATION == "relu":
    pass
print(f"val_loss: {loss:.4f}  train_loss: {train:.4f}")
`;

function parsed(draft: StudyDraft) {
  return parseStudyFile(renderStudyFile(draft), { path: "agent-tune.yaml" });
}

describe("renderStudyFile", () => {
  it("writes every decision with its reason", () => {
    expect(renderStudyFile(draftStudy(script, "train.py", { task: "Small model" }))).toBe(`\
# yaml-language-server: $schema=.agent-tune/agent-tune.schema.json
# Written by 'agent-tune init' from train.py. Everything here is yours to change.

version: 1
study: train
task: Small model

command: python train.py
pass:
  # Trials run a copy of the source with these values written into it; the file itself is not touched.
  parameters: {to: constants, source: train.py}
  seed: {constant: SEED}

# Found on line 10 of train.py.
# Also printed: train_loss (line 10).
objective:
  metric: val_loss
  direction: minimize

# Without bounds a trial may run for ever and take all memory.
# limits: {time: 30m, memory: 16GiB}

budget:
  trials: 50
  # time: 8h
  # cost: 5 # US dollars for model calls

# auto: the model whose key is in the environment, otherwise the built-in rules. none: the optimizer alone.
advisor: auto

parameters:
  # learning rate: log scale, decades around the default (line 2)
  LEARNING_RATE:
    type: float
    low: 3.0e-8
    high: 0.00001
    scale: log
    default: 3.0e-7
    description: "peak: after \\"warm-up\\""
  # width: half to twice the default, in multiples that hardware likes (line 3)
  WIDTH:
    type: int
    low: 64
    high: 192
    step: 32
    default: 96
  # dropout: linear, above 0.6 little is left to learn from (line 4)
  DROPOUT:
    type: float
    low: 0
    high: 0.6
    default: 0
  # the alternatives that the script tells apart (line 5)
  ACTIVATION:
    type: categorical
    choices: [relu, gelu]
    default: relu

# Not tuned:
# - EPOCHS = 3: changes how much compute a trial uses, so that trials could not be compared (line 6)
# - SEED = 1: the seed is never tuned: the best of many seeds is luck (line 7)
`);
  });

  it("writes what parseStudyFile reads as the same space", () => {
    const draft = draftStudy(script, "train.py");
    const definition = parsed(draft);
    expect(definition.space.parameters).toEqual(draft.space.parameters.map(({ parameter }) => parameter));
    expect(definition).toMatchObject({
      trial: { pass: { parameters: { to: "constants", source: "train.py" }, seed: { constant: "SEED" } } },
      objective: { metric: "val_loss", direction: "minimize" },
      budget: { trials: 50 },
    });
  });

  it.each([
    [
      "options named like the parameters",
      'p.add_argument("--lr", type=float, default=0.1)\np.add_argument("--seed", type=int, default=0)\nprint(f"acc: {a}")\n',
      "train.py",
      { command: "python train.py", pass: { parameters: "arguments", seed: { argument: "--seed" } } },
    ],
    [
      "options with other names",
      'p.add_argument("--weight-decay", type=float, default=0.1)\np.add_argument("--seed", type=int, default=0)\nprint(f"acc: {a}")\n',
      "my train.py",
      { command: "python 'my train.py' --weight-decay={weight_decay} --seed={seed}", pass: {} },
    ],
    [
      "a dataclass",
      "@dataclass\nclass Config:\n    lr: float = 0.1\n    seed: int = 1\n",
      "src/train.py",
      {
        command: "python src/train.py",
        pass: { parameters: { to: "constants", source: "src/train.py" }, seed: { constant: "Config.seed" } },
      },
    ],
    [
      "a file",
      "optimizer:\n  lr: 0.1\nseed: 3\n",
      "config.yaml",
      {
        command: "python train.py --config {parameters_file}",
        pass: { parameters: { to: "file", base: "config.yaml", path: "parameters.yaml" }, seed: { key: "seed" } },
      },
    ],
    [
      "JSON lines",
      'LR = 0.1\nprint(json.dumps({"step": 1, "reward": r}))\n',
      "train.py",
      { metrics: { from: "json_lines" }, objective: { metric: "reward", direction: "maximize" } },
    ],
  ])("passes parameters by %s", (_name, text, path, trial) => {
    expect(parsed(draftStudy(text, path)).trial).toMatchObject(trial);
  });

  it("says what is left to do", () => {
    const text = renderStudyFile(
      draftStudy('p.add_argument("data")\np.add_argument("--lr", type=float, default=0.1)\ndef f(:\n', "train.py"),
    );
    expect(text).toContain("# To do before 'agent-tune run':");
    expect(text).toContain("# - Add to the command what train.py cannot run without: data (line 1).");
    expect(text).toContain("# - Write the name of the metric that the command prints");
    expect(text).toContain("# - Line 3 and 1 more of train.py could not be read");
    expect(() => parseStudyFile(text, { path: "f" })).not.toThrow();
  });

  it("takes a command, a metric and a direction that the person gives", () => {
    const text = 'p.add_argument("data")\np.add_argument("--lr", type=float, default=0.1)\nprint(f"loss: {x}")\n';
    const given = draftStudy(text, "train.py", {
      command: "torchrun train.py data",
      metric: "gain",
      direction: "maximize",
    });
    expect(given.toDo).toEqual([]);
    expect(given.otherMetrics.map(({ name }) => name)).toEqual(["loss"]);
    expect(parsed(given)).toMatchObject({
      trial: { command: "torchrun train.py data" },
      objective: { metric: "gain", direction: "maximize" },
    });
    expect(renderStudyFile(given)).not.toContain("Found on line");
    expect(draftStudy(text, "train.py", { metric: "gain" }).toDo.join()).toContain("Check that gain");
  });

  it("refuses a script in which nothing can be tuned, and says what it saw", () => {
    for (const [text, seen] of [
      ["x = 1\n", "no ALL_CAPS constants"],
      ["EPOCHS = 5\n", "EPOCHS"],
    ] as const) {
      try {
        draftStudy(text, "train.py");
        expect.unreachable();
      } catch (error) {
        if (!AgentTuneError.isInstance(error)) throw error;
        expect(error.code).toBe("script_unreadable");
        expect(error.message).toContain(seen);
      }
    }
  });

  it("lets nothing from a script or a model break out of its line", () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        "\n",
        "\r",
        "#",
        ":",
        " ",
        "'",
        '"',
        "{",
        "}",
        "[",
        "- ",
        "a",
        "\u2028",
        "\u0085",
        "\0",
        "\t",
        "%",
        "&",
        "*",
        "!",
        "\\",
        "\ud800",
        "no",
        "1e5",
        "~",
        "null",
        "\u{1F600}",
      ),
    });
    const base = draftStudy(script, "train.py");
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const [first, ...rest] = base.space.parameters;
        if (first === undefined) throw new Error("the draft has parameters");
        const draft: StudyDraft = {
          ...base,
          task: b,
          toDo: [a, b],
          improvedBy: c,
          space: {
            ...base.space,
            parameters: [
              { ...first, parameter: { ...first.parameter, description: a, unit: b }, reason: c, remarks: [a, b] },
              ...rest,
              {
                parameter: {
                  name: "extra",
                  kind: "categorical",
                  choices: [`x${a}`, `y${b}`, 1, true],
                  default: `x${a}`,
                },
                reason: b,
                line: 1,
              },
            ],
            skipped: [{ name: a, default: b, reason: c, line: 1 }],
          },
        };
        const definition = parsed(draft);
        const [read] = definition.space.parameters;
        expect(read).toMatchObject({ name: "LEARNING_RATE", description: a, unit: b });
        expect(definition.space.parameters.at(-1)).toMatchObject({ choices: [`x${a}`, `y${b}`, 1, true] });
        expect(definition.task).toBe(b);
        expect(definition.study).toBe("train");
      }),
      { numRuns: 100, seed: 11 },
    );
  });
});

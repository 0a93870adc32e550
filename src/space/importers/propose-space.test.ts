import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { proposeSpace, readSettings } from "./index.js";

/** What is proposed for a source, in one line for each setting. */
function proposalOf(source: string, path = "train.py"): string[] {
  const reading = readSettings(source, path);
  const space = proposeSpace(reading);
  if (space === undefined) return ["no settings"];
  return [
    `by ${space.style}`,
    ...space.parameters.map(({ parameter, flag, line }) => {
      const range =
        parameter.kind === "categorical"
          ? parameter.choices.join("|")
          : parameter.kind === "boolean"
            ? "boolean"
            : `${parameter.low}..${parameter.high}`;
      return `${line}: ${flag ?? parameter.name} ${parameter.kind} ${range} = ${parameter.default}`;
    }),
    ...space.constraints.map(({ expression }) => `constraint ${expression}`),
    ...(space.seed === undefined ? [] : [`seed ${space.seed.flag ?? space.seed.name}`]),
    ...space.skipped.map(({ name, reason }) => `not ${name}: ${reason}`),
    ...reading.required.map(({ name, flag }) => `needs ${flag ?? name}`),
    ...reading.metrics.map(
      ({ name, direction, certain, from }) =>
        `${direction} ${name}${certain ? "" : "?"}${from === "lines" ? "" : ` from ${from}`}`,
    ),
  ];
}

describe("constants", () => {
  it("are proposed from a training script of the nanochat kind", () => {
    const source = `"""Pretraining."""
import torch

# Model
ASPECT_RATIO = 64         # model_dim = depth * ASPECT_RATIO
HEAD_DIM = 128            # target size of an attention head
WINDOW_PATTERN = "SSSL"   # L=full, S=half context
DEPTH = 8
ACTIVATION = "relu2"

# Optimization
TOTAL_BATCH_SIZE = 2**19  # tokens for each step
DEVICE_BATCH_SIZE = 128
EMBEDDING_LR = 0.6
MATRIX_LR = 0.04
WEIGHT_DECAY = 0.2
ADAM_BETAS = (0.8, 0.95)
WARMUP_RATIO = 0.0
FINAL_LR_FRAC = 0.0
TIME_BUDGET = 300
SEED = 42

torch.manual_seed(SEED)
assert TOTAL_BATCH_SIZE % (DEVICE_BATCH_SIZE * 2048) == 0

def activate(x):
    if ACTIVATION == "relu2":
        return x.relu().square()
    elif ACTIVATION in ("gelu", "silu"):
        return x

while True:
    print(f"step {step:05d} | loss: {loss:.6f} | lrm: {lrm:.2f} | dt: {dt*1000:.0f}ms | mfu: {mfu:.1f}%")
print("---")
print(f"val_bpb:          {val_bpb:.6f}")
print(f"training_seconds: {seconds:.1f}")
print(f"peak_vram_mb:     {peak:.1f}")
`;
    expect(proposalOf(source)).toEqual([
      "by constants",
      "5: ASPECT_RATIO int 16..256 = 64",
      "6: HEAD_DIM int 64..256 = 128",
      "8: DEPTH int 4..16 = 8",
      "9: ACTIVATION categorical relu2|gelu|silu = relu2",
      "12: TOTAL_BATCH_SIZE int 131072..2097152 = 524288",
      "13: DEVICE_BATCH_SIZE int 32..512 = 128",
      "14: EMBEDDING_LR float 0.02..2 = 0.6",
      "15: MATRIX_LR float 0.001..1 = 0.04",
      "16: WEIGHT_DECAY float 0.005..1 = 0.2",
      "18: WARMUP_RATIO float 0..0.5 = 0",
      "19: FINAL_LR_FRAC float 0..0.5 = 0",
      "constraint TOTAL_BATCH_SIZE % (DEVICE_BATCH_SIZE * 2048) == 0",
      "seed SEED",
      "not WINDOW_PATTERN: text whose alternatives the script does not list",
      "not TIME_BUDGET: changes how much compute a trial uses, so that trials could not be compared",
      "not SEED: the seed is never tuned: the best of many seeds is luck",
      "minimize val_bpb",
      "minimize loss",
      "minimize lrm?",
    ]);
  });

  it("that are assigned again are left alone", () => {
    expect(proposalOf("LR = 0.1\nif fast:\n    LR = 0.2\nWD = 0.1\n")).toEqual([
      "by constants",
      "4: WD float 0.003..1 = 0.1",
      "not LR: assigned again on line 3",
    ]);
  });
});

describe("command lines", () => {
  it("of argparse are proposed with their options, choices and needs", () => {
    const source = `
import argparse
DEFAULT_LR = 1e-3
parser = argparse.ArgumentParser()
parser.add_argument("data", help="where the data is")
parser.add_argument("--out", required=True)
group = parser.add_argument_group("model")
group.add_argument("-w", "--hidden-size", type=int, default=64, help="width of "
                   "each layer")
group.add_argument("--n-heads", dest="heads", type=int, default=4)
parser.add_argument("--lr", type=float, default=DEFAULT_LR)
parser.add_argument("--dropout", type=float, default=0)
parser.add_argument("--act", default="relu", choices=["relu", "gelu"])
parser.add_argument("--opt", default="adam")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--nesterov", action="store_true")
parser.add_argument("--tied", type=bool, default=True)
parser.add_argument("--sizes", type=int, nargs="+", default=3)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--name", default=None)
parser.add_argument("--momentum", default=0.9)
args = parser.parse_args()
if args.opt == "adam" or args.opt == "sgd":
    pass
print("accuracy = %.3f after %d epochs" % (accuracy, args.epochs))
`;
    expect(proposalOf(source)).toEqual([
      "by argparse",
      "8: --hidden-size int 32..128 = 64",
      "10: --n-heads int 2..8 = 4",
      "11: --lr float 0.00003..0.03 = 0.001",
      "12: --dropout float 0..0.6 = 0",
      "13: --act categorical relu|gelu = relu",
      "14: --opt categorical adam|sgd = adam",
      "constraint hidden_size % heads == 0",
      "seed --seed",
      "not epochs: changes how much compute a trial uses, so that trials could not be compared",
      "not nesterov: a switch (--nesterov) that takes no value",
      "not tied: type=bool reads every text, False included, as true",
      "not sizes: takes several values",
      "not seed: the seed is never tuned: the best of many seeds is luck",
      "not momentum: has no type, so the script would get a text",
      "not DEFAULT_LR: declared as constants of the module; this study tunes command-line options",
      "needs data",
      "needs --out",
      "maximize accuracy",
    ]);
  });

  it("of click are proposed within the limits that click enforces", () => {
    const source = `
import click

@click.command()
@click.option("--lr", "-l", default=3e-4, show_default=True, help="learning rate")
@click.option("--dropout", type=click.FloatRange(0, 0.5), default=0.1)
@click.option("--layers", type=click.IntRange(min=2, max=6), default=4)
@click.option("--act", type=click.Choice(["relu", "gelu"]), default="relu")
@click.option("--amsgrad/--no-amsgrad", default=False)
@click.option("--data", required=True)
@click.option("--seed", default=1)
def main(lr, dropout, layers, act, amsgrad, data, seed):
    click.echo(json.dumps({"step": 1, "val_loss": loss}))
`;
    expect(proposalOf(source)).toEqual([
      "by click",
      "5: --lr float 0.00001..0.01 = 0.0003",
      "6: --dropout float 0..0.5 = 0.1",
      "7: --layers int 2..6 = 4",
      "8: --act categorical relu|gelu = relu",
      "seed --seed",
      "not amsgrad: a switch (--amsgrad) that takes no value",
      "not seed: the seed is never tuned: the best of many seeds is luck",
      "needs --data",
      "minimize val_loss from json_lines",
    ]);
  });

  it("of typer are proposed from the parameters of commands", () => {
    const source = `
import typer
from typing import Annotated, Literal
app = typer.Typer()

@app.command()
def train(
    data: str,
    lr: float = typer.Option(1e-3, help="peak"),
    batch_size: Annotated[int, typer.Option(min=8)] = 32,
    act: Literal["relu", "gelu"] = "relu",
    use_bias: bool = True,
    seed: int = 0,
):
    print("loss", loss)

def helper(lr: float = 5.0):
    pass
`;
    expect(proposalOf(source)).toEqual([
      "by typer",
      "9: --lr float 0.00003..0.03 = 0.001",
      "10: --batch-size int 8..128 = 32",
      "11: --act categorical relu|gelu = relu",
      "seed --seed",
      "not use_bias: a switch (--use-bias) that takes no value",
      "not seed: the seed is never tuned: the best of many seeds is luck",
      "needs data",
      "minimize loss",
    ]);
  });
});

describe("dataclasses", () => {
  const fields = `
@dataclass
class Config:
    lr: float = 1e-3  # peak
    n_embd: int = 384
    n_head: int = 6
    activation: Literal["relu", "gelu"] = "relu"
    steps: int = 1000
    betas: tuple = (0.9, 0.95)

def check(config):
    assert config.n_embd % config.n_head == 0
`;

  it("are proposed under class and field where the source has to be rewritten", () => {
    expect(proposalOf(`from dataclasses import dataclass\n${fields}`)).toEqual([
      "by dataclass",
      "5: Config.lr float 0.00003..0.03 = 0.001",
      "6: Config.n_embd int 192..768 = 384",
      "7: Config.n_head int 3..12 = 6",
      "8: Config.activation categorical relu|gelu = relu",
      "constraint Config.n_embd % Config.n_head == 0",
      "not Config.steps: changes how much compute a trial uses, so that trials could not be compared",
    ]);
  });

  it("are proposed as options where a library makes them a command line", () => {
    expect(proposalOf(`import tyro\n${fields}\nconfig = tyro.cli(Config)\n`).slice(0, 5)).toEqual([
      "by dataclass",
      "5: --lr float 0.00003..0.03 = 0.001",
      "6: --n_embd int 192..768 = 384",
      "7: --n_head int 3..12 = 6",
      "8: --activation categorical relu|gelu = relu",
    ]);
  });
});

it("takes over what the script asserts where the defaults satisfy it, with fixed settings as numbers", () => {
  const source = `
WIDTH = 64
VOCAB_SIZE = 128
assert WIDTH % 32 == 0
assert VOCAB_SIZE >= WIDTH, "too wide"
assert WIDTH % 7 == 0
assert WIDTH == unknown
assert check(WIDTH)
assert VOCAB_SIZE > 1
`;
  expect(proposalOf(source).filter((line) => line.startsWith("constraint"))).toEqual([
    "constraint WIDTH % 32 == 0",
    "constraint 128 >= WIDTH",
  ]);
});

it("takes no constraint from settings of another style, which may have other values at run time", () => {
  const source = `
@dataclass
class GPTConfig:
    n_head: int = 6
    n_embd: int = 768
WIDTH = 768
LR = 0.1
DROPOUT = 0.1
def f(self):
    assert self.n_embd % self.n_head == 0
    assert WIDTH % self.n_head == 0
`;
  expect(proposalOf(source).filter((line) => line.startsWith("by") || line.startsWith("constraint"))).toEqual([
    "by constants",
  ]);
});

describe("metrics", () => {
  it.each([
    [
      "a held-out metric before a training one",
      'print("train_loss: %.3f val_acc: %.3f" % (a, b))',
      "val_acc train_loss",
    ],
    [
      "what is printed for a test set",
      `print('Train Epoch: {} Loss: {:.6f}'.format(e, l))\nprint('\\nTest set: Average loss: {:.4f}'.format(t))\nprint("Loss: {}".format(x))`,
      "loss Loss",
    ],
    [
      "the return of an agent",
      "print(f\"global_step={g}, episodic_return={item['r']}\")\nprint('SPS:', sps)",
      "episodic_return",
    ],
    [
      "the keys of a printed dictionary",
      'print({"loss": l, "epoch": e})\nprint({"eval_loss": v, "eval_runtime": t, "epoch": 3.0})',
      "eval_loss loss",
    ],
    ["names that Python prints itself", 'print(f"{val_loss=}, {lr=}")', "val_loss"],
    ["a later print before an earlier one", 'print("loss:", a)\nprint("error:", b)', "error loss"],
    ["nothing else", 'print("done: %s" % name)\nprint(loss)\nx = "loss: "\nprint("lr: ", lr, "step:", s)', "done"],
  ])("finds %s", (_name, source, names) => {
    expect(
      readSettings(source, "train.py")
        .metrics.map(({ name }) => name)
        .join(" "),
    ).toBe(names);
  });
});

describe("files of defaults", () => {
  it("in YAML are proposed by their dotted names", () => {
    const source = `
model:
  hidden_size: 256   # width
  layers: 4
  sizes: [1, 2]
optimizer:
  lr: 1e-3
  weight_decay: 0.0
  "odd key": 3
data:
  path: /data
seed: 1
`;
    expect(proposalOf(source, "config.yaml")).toEqual([
      "by config-file",
      "3: model.hidden_size int 128..512 = 256",
      "4: model.layers int 2..8 = 4",
      "7: optimizer.lr float 0.00003..0.03 = 0.001",
      "8: optimizer.weight_decay float 0..0.2 = 0",
      "seed seed",
      "not optimizer.odd key: its name has characters that a parameter's name cannot have",
      "not data.path: names, files and reports do not change what is learned",
      "not seed: the seed is never tuned: the best of many seeds is luck",
    ]);
  });

  it("in JSON too", () => {
    expect(proposalOf('{\n  "lr": 0.1,\n  "batch_size": 32\n}', "config.json")).toEqual([
      "by config-file",
      "2: lr float 0.003..1 = 0.1",
      "3: batch_size int 8..128 = 32",
    ]);
  });

  it.each([
    ["a list", "- 1\n- 2\n", "config.yaml"],
    ["a tab", "a:\n\tb: 1\n", "config.yaml"],
    ["cut off", '{"a": 1,', "config.json"],
    ["empty", "", "config.yml"],
    ["binary", "a: \0", "config.yaml"],
    ["another language", "fn main() {}", "main.rs"],
  ])("that are %s are refused by name", (_name, text, path) => {
    expect.assertions(3);
    try {
      readSettings(text, path);
    } catch (error) {
      if (!AgentTuneError.isInstance(error)) throw error;
      expect(error.code).toBe("script_unreadable");
      expect(error.message).toContain(path);
      expect(error.remedy).toBeDefined();
    }
  });

  it("do not grow with nested aliases", () => {
    const bomb = `a: &a {x: 1}\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}, *${i === 0 ? "a" : `b${i - 1}`}]`).join("\n")}\n`;
    expect(readSettings(bomb, "config.yaml").discovered.map(({ name }) => name)).toEqual(["a.x"]);
  });
});

it("proposes nothing for a source without settings", () => {
  expect(proposalOf("import torch\nx = 1\n")).toEqual(["no settings"]);
});

it("survives a script that is half written", () => {
  const source =
    "LR = 0.1\nparser.add_argument('--lr', default=\ndef f(:\n\tprint(f'loss: {x\n@click.option(\nclass A(\nBATCH_SIZE = 8\n";
  expect(proposalOf(source)).toContain("1: LR float 0.003..1 = 0.1");
  expect(readSettings(source, "train.py").unreadableLines.length).toBeGreaterThan(0);
});

it("survives any edit of a script", () => {
  const source = `import typer, click, argparse
LR = 0.1; ACT = "relu"  # c
p.add_argument("--lr", type=float, default=LR, choices=[0.1, 1.0], help="h" "i")
@click.option("--n", type=click.IntRange(1, 5), default=3)
@dataclass
class Config:
    lr: float = field(default=1e-3)
@app.command()
def main(lr: Annotated[float, typer.Option(help="x")] = 1.0, act: Literal["a", "b"] = "a"):
    match act:
        case "a" | "b": pass
    assert lr % 2 == 0
    f = {"a": 1, "b": 2}[act]
print(f"val: {x:.3f} {y=}", "a: %d" % b, "{}: {}".format(c), json.dumps({"loss": 1}))
`;
  const edit = fc.record({
    at: fc.nat(source.length),
    cut: fc.nat(20),
    put: fc.string({
      unit: fc.constantFrom(
        "\n",
        "\t",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "=",
        ":",
        "@",
        "'",
        '"',
        "f'",
        "*",
        "\\",
        "#",
        "x",
        ".",
        "\0",
        "\ud800",
      ),
      maxLength: 5,
    }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let mutated = source;
      for (const { at, cut, put } of edits) mutated = mutated.slice(0, at) + put + mutated.slice(at + cut);
      proposeSpace(readSettings(mutated.replaceAll("\0", ""), "train.py"));
    }),
    { numRuns: 150, seed: 9 },
  );
});

import { expect, it } from "vitest";
import { constantsOf } from "./constants.js";

const train = `import argparse
from model import build
WARMUP = 0.1  # share of all steps
LR = 3e-4
parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=64, help="sequences")
args = parser.parse_args()
steps = int(WARMUP * 1000)
model = build(args.batch_size)
optimizer = make(LR)
`;
const model = `from dataclasses import dataclass
@dataclass
class Config:
    dropout: float = 0.1

def layer(config, warmup=WARMUP):
    return config.dropout
`;

it("lists constants and defaults with where they are used and what is tuned already", () => {
  const { constants, unread } = constantsOf(
    [
      { path: "train.py", text: train },
      { path: "src/model.py", text: model },
      { path: "kernel.cu", text: "#define TILE 16" },
    ],
    ["learning_rate", "lr", "batch_size"],
  );
  expect(unread).toEqual(["kernel.cu"]);
  const found = Object.fromEntries(constants.map((each) => [each.name, each]));
  expect(Object.keys(found).sort()).toEqual(["Config.dropout", "LR", "WARMUP", "batch_size"]);
  expect(found["WARMUP"]).toEqual({
    path: "train.py",
    name: "WARMUP",
    value: 0.1,
    line: 3,
    help: "share of all steps",
    usedAt: [
      { path: "train.py", line: 8 },
      { path: "src/model.py", line: 6 },
    ],
  });
  expect(found["LR"]).toMatchObject({ parameter: "lr", usedAt: [{ path: "train.py", line: 10 }] });
  expect(found["batch_size"]).toMatchObject({ parameter: "batch_size", value: 64, usedAt: [{ line: 9 }] });
  expect(found["Config.dropout"]).toMatchObject({ path: "src/model.py", value: 0.1, usedAt: [{ line: 7 }] });
  expect(found["Config.dropout"]).not.toHaveProperty("parameter");
});

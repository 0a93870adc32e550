import { midStudy } from "../../../centaur/testing/mid-study.js";
import type { SourceTree } from "../../edits/index.js";
import type { CodeVersion } from "../../version.js";
import { checkEdits } from "../check-edits.js";
import type { CoderRequest, EditSubmission, Review } from "../coder.js";

export const trainPy = `import argparse
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=0.01)
args = parser.parse_args()

WARMUP = 100


class Model(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = torch.nn.Linear(64, width)
        self.second = torch.nn.Linear(width, 64)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


# agent-tune: lock
def evaluate(model):
    return score(model, split="val")
# agent-tune: end


print("val_bpb:", evaluate(train(Model(32))))
`;

const files: Readonly<Record<string, string>> = {
  "eval.py": "import torch\n\nprint('val_bpb:', 1.0)\n",
  "model/layers.py": "def norm(x):\n    return x / x.norm()\n",
  "train.py": trainPy,
};

export function sourceTree(texts: Readonly<Record<string, string>> = files): SourceTree {
  return { read: (path) => texts[path], paths: Object.keys(texts).sort() };
}

/** A version as a test sketches it. */
export function codeVersion(id: string, parent: string | null, changes: Partial<CodeVersion> = {}): CodeVersion {
  return {
    id,
    parent,
    tree: `tree-${id}`,
    commit: `commit-${id}`,
    createdAt: 0,
    summary: parent === null ? "the code as it was given" : `change ${id}`,
    hypothesis: parent === null ? "" : `idea ${id}`,
    declares: {},
    removes: [],
    lines: { added: 0, removed: 0, total: 30 },
    flags: [],
    status: parent === null ? "base" : "rejected",
    reason: parent === null ? "The code as it was given." : "No gain was shown.",
    ...changes,
  };
}

/** Where the code of a small language model is searched: the tree has one dead end, and v0 has all the trials. */
export function codeStudy(changes: Partial<CoderRequest> = {}): CoderRequest {
  const { evidence } = midStudy({ trials: 24 });
  const request: CoderRequest = {
    attempt: 3,
    setting: {
      task: "Train a small language model within four seconds on one core.",
      objective: evidence.objective,
      rules: { editable: ["train.py", "model/**"], locked: ["model/data.py"] },
      command: "python train.py --learning_rate={learning_rate}",
      passing: "as an argument --name=value at the end of the command",
      evaluate: { command: "python eval.py --checkpoint {checkpoint}", sees: "base" },
      limits: { seconds: 60 },
      confidence: 0.95,
    },
    versions: [
      codeVersion("v0", null),
      codeVersion("v1", "v0", {
        summary: "gelu instead of relu",
        gain: { mean: 0.0012, low: -0.004, high: 0.0064, pairs: 5 },
        expected: 0.02,
      }),
    ],
    parent: "v0",
    refused: [],
    reintroduced: new Map(),
    sensitivities: [],
    constants: [{ path: "train.py", line: 8, name: "WARMUP", value: "100" }],
    noise: { deviation: 0.0104, degreesOfFreedom: 3 },
    budget: { trials: 200, trialsUsed: 24 },
    parallel: 1,
    evidence: (version) => (version === "v0" ? evidence : undefined),
    curve: () => [],
    tree: async () => sourceTree(),
    diff: async (version) =>
      version === "v0" ? "" : "--- a/train.py\n+++ b/train.py\n@@ -18,1 +18,1 @@\n-relu\n+gelu\n",
    deletedBefore: new Map(),
    review: (submission) => reviewEdits(request, submission),
    ...changes,
  };
  return request;
}

/** Judges the edits alone. */
export async function reviewEdits(request: CoderRequest, { parent, edits }: EditSubmission): Promise<Review> {
  const { setting, deletedBefore } = request;
  const checked = await checkEdits(await request.tree(parent), edits, { rules: setting.rules, deletedBefore });
  return checked.ok ? { ok: true } : checked;
}

/** Counts up: what a test can expect. */
export function countingNonce(): () => string {
  let count = 0;
  return () => `n${++count}`;
}

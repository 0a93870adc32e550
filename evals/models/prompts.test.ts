import { describe, expect, it } from "vitest";
import { promptIds, renderPrompt } from "../../src/llm/index.js";
import { candidatePrompt } from "../methods/llambo/candidate-sampling.js";
import { warmStartPrompt } from "../methods/llambo/llambo.js";
import { labelPrompt } from "../methods/llambo/llambo-labels.js";
import { predictionPrompt } from "../methods/llambo/surrogate.js";
import type { SessionContext } from "../methods/method.js";
import { modelAlonePrompt } from "../methods/model-alone/model-alone.js";
import { oneShotPrompt } from "../methods/one-shot/one-shot.js";
import type { Observation } from "../tasks/task.js";
import { readConfiguration } from "./configuration-answer.js";
import { smallBenchmark as task } from "./testing/small-benchmark.js";
import { TrialHistory } from "./trial-history.js";

const rates = [0.001, 0.01, 0.7, 0.03, 0.0001];
const configurations = rates.map((rate, k) =>
  readConfiguration(task.space, { ...task.start, learning_rate: rate, ...(k === 3 && { optimizer: "adam" }) }),
);
const history = new TrialHistory(task.space);
const observed: readonly Observation[] = configurations.map((_, k) => ({
  evaluation:
    k === 2 ? { kind: "failure", severity: 2, failure: "out_of_memory" } : { kind: "value", value: 1 / (k + 1) },
  measured: {},
}));
for (const [k, configuration] of configurations.entries()) history.add(configuration, observed[k]!);
const context: SessionContext = { task, seed: 1, runSeed: 1, trials: 20, workers: 2 };
const examples = history.trials;
const asked = { ...task.start, learning_rate: 0.02 };

const prompts: Readonly<Record<string, () => { readonly system: string; readonly user: string }>> = {
  "eval-model-alone": () => modelAlonePrompt(context, { history, pending: [asked], begun: 6 }, 3),
  "eval-one-shot": () => oneShotPrompt(task, history, 10),
  "eval-llambo-warm-start": () => warmStartPrompt(task, 5),
  "eval-llambo-candidate": () => candidatePrompt({ task, examples, alpha: -0.1 }, 1),
  "eval-llambo-prediction": () => predictionPrompt(task, examples, asked, 1),
  "eval-llambo-label": () => labelPrompt(task, history.successes, asked, 0.25, 1),
  "eval-repair": () => ({
    system: "",
    user: renderPrompt("eval-repair", { problems: "- learning_rate is missing" }).text,
  }),
};

it("shows every prompt of the methods that ask a model", () => {
  expect(Object.keys(prompts).sort()).toEqual(promptIds().filter((id) => id.startsWith("eval-")));
});

describe.each(Object.entries(prompts))("%s", (id, render) => {
  it("reads like this", async () => {
    const { system, user } = render();
    await expect(`${system}\n\n${user}\n`).toMatchFileSnapshot(`./fixtures/prompts/${id}.txt`);
  });

  it("holds nothing that a person with the problem could not know", () => {
    const { system, user } = render();
    // The optimum's and the known values of the small benchmark, and words of other tasks.
    expect(`${system}${user}`).not.toMatch(/0\.02718|128|bestOf25|optimum|regret|benchmark|test\/small/);
  });
});

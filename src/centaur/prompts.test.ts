import { expect, it } from "vitest";
import { type PromptInputs, promptIds, renderPrompt } from "../llm/index.js";

/** Something to read for every input of every prompt; those of the brief are shown with real ones in brief.test.ts. */
const inputs: Readonly<Record<string, PromptInputs>> = {
  advisor: { tools: "yes" },
  "advisor-problem": {
    task: "(the task)",
    objective: "minimize loss",
    space: "(parameters and constraints)",
    derived: "(formulas)",
    limits: "(wall time, memory)",
  },
  "advisor-repair": { problems: "- candidate 1: lr is missing" },
  "advisor-turn": {
    notes: "(notes)",
    noise: "(noise floor)",
    sensitivities: "(sensitivities)",
    failures: "(failures by kind)",
    use: "(time and memory of complete trials)",
    regions: "(one line for each region)",
    trials: "(table)",
    optimizer: "(mean and interval of each parameter)",
    correlations: "(correlations)",
    categories: "(probabilities)",
    incumbent: "(the best so far)",
    budget: "(what is left)",
    pending: "(configurations)",
    candidates: "(candidates)",
  },
  coder: { tryOut: true },
  "coder-repair": { problems: "- edit 1, train.py (no_match): (the nearest lines)", again: true, whole: true },
  "coder-task": {
    task: "(the task)",
    objective: "minimize loss",
    command: "python train.py --lr={lr}",
    editable: "train.py, model/**",
    locked: "model/data.py",
    passing: "(how a declared parameter is passed)",
    evaluate: "python eval.py --checkpoint {checkpoint}",
    edited: true,
    printed: true,
    limits: "(wall time, memory)",
    confidence: "95 %",
  },
  "coder-turn": {
    versions: "(one line for each version)",
    refused: "(refused submissions)",
    noise: "(noise floor)",
    measured: true,
    parent: "v0",
    parameters: "(parameters)",
    best: "(the best so far)",
    sensitivities: "(sensitivities)",
    constants: "(constants)",
    budget: "(what is left)",
  },
  "init-improve": {
    source: "train.py",
    script: "LEARNING_RATE = 3e-4",
    parameters: "(proposed parameters)",
    skipped: "(found, but not tuned)",
  },
  "json-answer": { schema: '{"type":"object"}' },
};

/** Prompts of methods that evaluations compare with are shown where those are. */
const ids = promptIds().filter((id) => !id.startsWith("eval-"));

it("every prompt is rendered here", () => {
  expect(Object.keys(inputs).sort()).toEqual(ids);
});

it.each(ids)("%s reads like this", async (id) => {
  const { text, version } = renderPrompt(id, inputs[id] ?? {});
  await expect(`${id}, version ${version}\n\n${text}\n`).toMatchFileSnapshot(`./fixtures/prompts/${id}.txt`);
});

it("no prompt knows the task beforehand", () => {
  for (const id of ids) {
    const { text } = renderPrompt(id, inputs[id] ?? {});
    expect(text).not.toMatch(/\b(gpt|llama|transformer|bpb|perplexity|tokens|imagenet|gpu|pytorch)\b/i);
  }
});

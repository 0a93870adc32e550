import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { parseStudyFile } from "./index.js";

const smallest = `command: python train.py --lr={lr}
objective: {metric: val_loss, direction: minimize}
parameters:
  lr: {type: float, low: 1e-5, high: 1e-1, scale: log}
`;

function parse(text: string) {
  return parseStudyFile(text, { path: "agent-tune.yaml" });
}

/** What a person reads. */
function complaint(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!AgentTuneError.isInstance(error)) throw error;
    expect(error.code).toBe("study_file_invalid");
    return [error.message, `at ${error.where}`, error.remedy].filter((part) => part !== undefined).join("\n");
  }
  return "no complaint";
}

describe("a study file that is right", () => {
  it("needs a command, an objective and parameters; the rest has defaults", () => {
    expect(parse(smallest)).toMatchObject({
      version: 1,
      study: "study",
      trial: {
        command: "python train.py --lr={lr}",
        shell: false,
        cwd: ".",
        metrics: { from: "lines" },
        limits: { grace: 5 },
      },
      space: {
        parameters: [{ name: "lr", kind: "float", low: 1e-5, high: 0.1, scale: "log", default: 1e-3 }],
        constraints: [],
        derived: [],
      },
      objective: { metric: "val_loss", direction: "minimize", pick: "last", constraints: [] },
      budget: { trials: 100, failuresInARow: 10 },
      seed: 1,
      parallel: "auto",
      optimizer: "cma-es",
      advisor: { model: "auto", share: "adaptive", review: "trial", deadlineSeconds: 120, without: [], tools: true },
      prices: {},
      noise: { replicates: "auto", finalSeeds: 3 },
    });
  });

  it("gives every section in seconds, bytes and camel case", () => {
    const definition = parse(`
version: 1
study: nano-1
task: |
  Train a small model
  in five minutes.
command: [python, train.py]
env: {OMP_NUM_THREADS: "4"}
pass:
  parameters: {to: constants, source: train.py}
  seed: {constant: SEED}
objective: {metric: acc, direction: maximize, target: 0.99, constraints: ["peak_mb < 2000"]}
metrics: {from: json_lines}
limits: {time: 1h30m, memory: 2GiB}
budget: {time: 8h, cost: 5, tokens: 100000, failures_in_a_row: 3}
seed: 7
parallel: 2
optimizer: random
advisor:
  model: openai:gpt-5.2
  share: 0.3
  review: generation
  deadline: 90s
  brief: {without: [correlations, notes]}
  tools: false
  base_url: http://localhost:11434/v1
prices: {"openai:gpt-5.2": {input: 1, output: 2}}
noise: {replicates: "off", final_seeds: 0}
parameters:
  WIDTH: {type: int, low: 16, high: 256, powers_of: 2, default: 64, unit: neurons}
  ACT: {type: categorical, choices: [relu, gelu]}
constraints: ["WIDTH > 16"]
derived: {cells: {formula: WIDTH * WIDTH, unit: "1"}}
`);
    expect(definition).toMatchObject({
      task: "Train a small model\nin five minutes.\n",
      trial: {
        limits: { time: 5400, memory: 2 * 1024 ** 3 },
        objective: { metric: "acc", direction: "maximize", pick: "last" },
      },
      objective: { target: 0.99, constraints: ["peak_mb < 2000"] },
      budget: { seconds: 28_800, cost: 5, tokens: 100_000, failuresInARow: 3 },
      advisor: {
        share: 0.3,
        review: "generation",
        deadlineSeconds: 90,
        without: ["correlations", "notes"],
        tools: false,
        baseUrl: "http://localhost:11434/v1",
      },
      noise: { replicates: "off", finalSeeds: 0 },
      space: { derived: [{ name: "cells", formula: "WIDTH * WIDTH", unit: "1" }] },
    });
    expect(definition.budget.trials).toBeUndefined();
    expect(definition.trial.objective).not.toHaveProperty("target");
  });

  it("may be JSON, and may name the advisor in one word", () => {
    const definition = parse(
      JSON.stringify({
        command: "sh train.sh",
        objective: { metric: "loss", direction: "minimize" },
        parameters: { lr: { type: "float", low: 0, high: 1 } },
        advisor: "none",
      }),
    );
    expect(definition.advisor).toMatchObject({ model: "none", share: "adaptive" });
  });
});

describe("a study file that is wrong", () => {
  it("is told everything at once, each with line, column, key and remedy", () => {
    const text = `comand: python train.py
trials: 50
objective: {metric: x, direction: minimise}
parameters:
  lr: {type: flaot, low: 1, high: 2}
  wd: {type: float, low: 1_000, high: 2}
  n: {type: int, low: 1.5, high: 2**19, powersof: 2}
budget: {time: 5}
advisor: {share: 2, modl: x}
parallel: 0
shell: yes
task: 5
pass: {parameters: {to: constants}}
limits: 5m
env: [A]
noise: {final_seeds: 2.5}
`;
    expect(complaint(text)).toBe(`agent-tune.yaml is not usable, 17 things are wrong:
  - line 1, column 1: unknown key 'comand': did you mean 'command'?
  - line 2, column 1: unknown key 'trials'.
    'trials' belongs under 'budget'.
  - line 3, column 35: objective.direction: the text "minimise" is not possible; did you mean 'minimize'?
    Write one of minimize, maximize.
  - line 5, column 14: parameters.lr.type: the text "flaot" is not possible; did you mean 'float'?
    Write one of float, int, categorical, boolean.
  - line 6, column 26: parameters.wd.low: expected a number, found the text "1_000".
    Write 1000.
  - line 7, column 34: parameters.n.high: expected a number, found the text "2**19".
    Write 524288.
  - line 7, column 41: unknown key 'powersof': did you mean 'powers_of'?
  - line 8, column 16: budget.time: 5 has no unit; write 5s or 5m (s, m, h or d).
  - line 9, column 18: advisor.share: 2 is too large.
    Write at most 1.
  - line 9, column 21: unknown key 'modl': did you mean 'model'?
  - line 10, column 11: parallel: 0 is too small.
    Write something above 0.
  - line 11, column 8: shell: expected true or false, found the text "yes".
    Write true.
  - line 12, column 7: task: expected a text, found 5.
    Put quotes around it: "5".
  - line 13, column 8: pass.parameters.source: this key is missing.
    Add 'source: ...'.
  - line 14, column 9: limits: expected a mapping, found the text "5m".
    Write a mapping: keys and values below it, indented.
  - line 15, column 1: env: expected a mapping, found a list.
    Write a mapping: keys and values below it, indented.
  - line 16, column 22: noise.final_seeds: expected a whole number, found 2.5.
    Write 3.
at agent-tune.yaml:1:1
Correct each of them as it says there.`);
  });

  it("is told what is missing, with an example", () => {
    expect(complaint("study: x\n")).toBe(`agent-tune.yaml is not usable, 3 things are wrong:
  - line 1, column 1: command: this key is missing.
    Write for example 'command: python train.py'.
  - line 1, column 1: objective: this key is missing.
    Write for example 'objective: {metric: val_loss, direction: minimize}'.
  - line 1, column 1: parameters: this key is missing.
    Write for example 'parameters: {lr: {type: float, low: 1e-5, high: 1e-1, scale: log}}'.
at agent-tune.yaml:1:1
Correct each of them as it says there.`);
  });

  it("is told what is wrong with the search space at its lines, also when something else is wrong", () => {
    const space = `parameters:
  lr: {type: float, low: 0, high: 2, scale: log}
  act:
    type: categorical
    choices: [relu, gelu]
    default: rleu
    when: width > 3
constraints:
  - lr <
`;
    const head = "command: python train.py {arguments}\nobjective: {metric: x, direction: minimize}\n";
    for (const text of [head + space, `${head + space}sede: 3\n`]) {
      const said = complaint(text);
      expect(said).toContain("line 4, column 26: parameters.lr.low: low is 0, and a log scale has no zero");
      expect(said).toContain('line 8, column 14: parameters.act.default: the default "rleu" is not among the choices');
      expect(said).toContain("line 9, column 11: parameters.act.when:");
      expect(said).toContain("line 11, column 5: constraints[0]:");
    }
  });

  it.each([
    ["", "agent-tune.yaml:1:1", "agent-tune init"],
    ["# only a comment\n", "agent-tune.yaml:1:1", "agent-tune init"],
    ["just words\n", "agent-tune.yaml:1:1", "agent-tune init"],
    ["- a\n- list\n", "agent-tune.yaml:1:1", "agent-tune init"],
    ["command: x\n\tcwd: y\n", "agent-tune.yaml:2:1", "Indent with spaces"],
    ["command: a: b\n", "agent-tune.yaml:1:10", "quotes"],
    ["command: [python\n", "agent-tune.yaml:2:1", "Close what is open"],
    ["command: x\n  cwd: y\n", "agent-tune.yaml:1:10", "same indentation"],
    ["command: {x: *a}\n", "agent-tune.yaml:1", "*name"],
    ["a: 1\n---\nb: 2\n", "agent-tune.yaml:2:1", "---"],
    [`${smallest}task: !!python/object x\n`, "agent-tune.yaml:5:7", "plain value"],
    ["\u0000PNG", "agent-tune.yaml:1:1", "agent-tune init"],
    ["x".repeat(2_000_000), "agent-tune.yaml:1:1", "agent-tune init"],
  ])("%j is refused at %s", (text, where, remedy) => {
    const said = complaint(text);
    expect(said).toContain(where);
    expect(said).toContain(remedy);
  });

  it("is told that a key is there twice, besides what else is wrong", () => {
    const said = complaint(`${smallest}seed: 1\nseed: 2\nparallel: many\n`);
    expect(said).toContain("line 6, column 1: this key is there twice");
    expect(said).toContain(
      'line 7, column 11: parallel: the text "many" does not fit here.\n    Write auto, or a whole number from 1.',
    );
  });

  it("does not unfold nested aliases", () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `  b${i}: &b${i} {x: *${i === 0 ? "a" : `b${i - 1}`}, y: *${i === 0 ? "a" : `b${i - 1}`}}`,
    );
    expect(complaint(`env:\n  a: &a {x: 1}\n${lines.join("\n")}\n`)).toContain("alias");
  });

  it.each([
    ["command: python t.py --lr={rl}", "command: the placeholder {rl} is no parameter; did you mean {lr}?"],
    ["command: python t.py {lr", 'command: The command has a "{" that is not part of a placeholder.'],
    ["command: python t.py {lr}\npass: {seed: template}", "pass.seed: the command has no {seed}."],
    ["command: python t.py\npass: {parameters: template}", "command: the parameter lr never reaches the command."],
    ["command: python t.py\npass: {parameters: file}", "the command does not name it"],
    ["command: [python, t.py]\nshell: true\npass: {parameters: arguments}", "must be one line, not a list"],
    [
      "command: python t.py\npass: {parameters: {to: constants, source: t.py}, seed: {constant: lr}}",
      "pass.seed: lr is also a parameter.",
    ],
    ["command: python t.py\npass: {parameters: arguments, seed: {constant: SEED}}", "pass.seed:"],
    [
      "command: python t.py {lr}\nadvisor: {model: none, share: 0.5}",
      "advisor.share has no effect with 'model: none'.",
    ],
    ["command: python t.py {lr}\nadvisor: gpt-5", "provider:name"],
    ["command: python t.py {lr}\nadvisor: {brief: {without: [trails]}}", "did you mean 'trials'?"],
    ["command: python t.py {lr}\noptimizer: cmaes", "did you mean 'cma-es'?"],
    ["command: python t.py {lr}\nversion: 2", "version: 1"],
    ["command: python t.py {lr}\nlimits: {memory: 2}", "2 has no unit"],
    ["command: python t.py {lr}\nstudy: ../x", "study:"],
  ])("%s: %s", (text, message) => {
    expect(
      complaint(
        `${text}\nobjective: {metric: x, direction: minimize}\nparameters:\n  lr: {type: float, low: 1, high: 2}\n`,
      ),
    ).toContain(message);
  });

  it("is told of a condition on metrics that cannot be read, and of a parameter that is the seed", () => {
    const said = complaint(`command: python t.py {seed}
objective: {metric: x, direction: minimize, constraints: ["a <"]}
pass: {parameters: arguments}
parameters:
  seed: {type: int, low: 1, high: 5}
`);
    expect(said).toContain("line 2, column 59: objective.constraints[0]:");
    expect(said).toContain("line 5, column 3: the parameter 'seed' has the name of a placeholder");
  });

  it("never fails in any other way, whatever somebody types", () => {
    const text = `${smallest}derived: {n: lr * 2}\nbudget: {time: 5m}\nadvisor:\n  model: none\nlimits: {memory: 2GiB}\n`;
    const edit = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(12),
      put: fc.string({
        unit: fc.constantFrom(
          "\n",
          "\t",
          " ",
          ":",
          "{",
          "}",
          "[",
          "]",
          "- ",
          "&a",
          "*a",
          "!!",
          "|",
          ">",
          "#",
          "'",
          '"',
          "%",
          "0",
          "a",
          "__proto__",
          "<<: ",
          "? ",
          "\u0085",
        ),
        maxLength: 6,
      }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let mutated = text;
        for (const { at, cut, put } of edits) mutated = mutated.slice(0, at) + put + mutated.slice(at + cut);
        complaint(mutated);
      }),
      { numRuns: 150, seed: 5 },
    );
  });
});

import { expect, it } from "vitest";
import { renderCoderBrief } from "./coder-brief.js";
import { codeStudy, codeVersion } from "./testing/code-study.js";

const study = codeStudy();

it("a coder is told the task and the rules, which stay the same, and where the study stands", () => {
  const brief = renderCoderBrief(
    codeStudy({
      refused: [{ attempt: 2, parent: "v0", summary: "bigger batch", reason: "train.py is as it was" }],
      sensitivities: [{ name: "width", effect: 0.2345, low: 0.1, high: 0.3, best: 128 }],
    }),
  );
  expect(`${brief.task}\n\n${brief.turn}`).toMatchInlineSnapshot(`
    "# The task

    In the person's words:
    Train a small language model within four seconds on one core.

    Objective: minimize val_bpb

    One run: python train.py --learning_rate={learning_rate}
    Editable files: train.py, model/**
    Locked although they match: model/data.py
    Everything else is locked, and so is every region between the comments \`agent-tune: lock\` and \`agent-tune: end\`.

    How a declared parameter reaches the code: as an argument --name=value at the end of the command

    How a run is scored: by a command of its own, \`python eval.py --checkpoint {checkpoint}\`, in a process of its own after the run has ended. What the run prints for the objective does not count.

    A version is kept when its gain over its parent holds on fresh seeds with a confidence of 95 %, over all versions that are tried: each try makes the next one harder to prove.

    ## Limits of one run

    - wall time 60 s

    # The study so far

    ## Versions (gain over the parent in the objective's units, positive is better, with its 95 % interval)

    v0, base: the code as it was given
    v1 from v0, rejected, gain 0.001 [-0.004, 0.006] (5 pairs), expected 0.02: gelu instead of relu. Idea: idea v1.

    ## Submissions that were refused before they ran

    - on v0, bigger batch: train.py is as it was.

    ## Noise

    Standard deviation between seeds 0.01, from 3 repeats.
    A gain smaller than that takes many pairs of runs to show.

    ## Suggested parent: v0

    Trial 20 (from cma-es): estimated true val_bpb 1.9014 ± 0.0027 by 1 run.
    learning_rate=0.0081 optimizer=adam batch_size=256 width=64 depth=3 dropout=0.15 tied=false
    The default is at 2.0016.

    Its parameters, which the optimizer tunes:
    - learning_rate: float from 0.0001 to 1, log scale, in 1/step, default 0.01. Largest step size of the run. sgd needs a far larger one than adam.
    - optimizer: one of adam, sgd, default adam
    - momentum: float from 0.5 to 0.99, default 0.9, only when optimizer == 'sgd'
    - batch_size: int from 16 to 1024, log scale, powers of 2, in tokens/step, default 128
    - width: int from 8 to 512, log scale, powers of 2, in units, default 32
    - depth: int from 1 to 6, default 2
    - dropout: float from 0 to 0.5, steps of 0.05, default 0.1
    - tied: true or false, default true. Share input and output embedding.
    Constraints:
    - batch_size * depth <= 4096

    Predicted difference in val_bpb between the worst and the best value of one parameter, the others as in the incumbent:
    - width: 0.23 (80 %: 0.1 to 0.3), best near 128

    Numbers in its editable files that nobody tunes:
    - train.py:8 WARMUP = 100

    ## Budget

    trial 25 of 200.

    Look around as far as you need, then call \`submit\` or \`nothing_to_try\`."
  `);
  expect(renderCoderBrief(codeStudy({ versions: [codeVersion("v0", null)], noise: undefined })).task).toBe(brief.task);
});

it("a coder is told whether edited code takes part in its own scoring", () => {
  const { setting } = study;
  const task = (evaluate: typeof setting.evaluate): string =>
    renderCoderBrief(codeStudy({ setting: { ...setting, evaluate } })).task;
  expect(task({ command: "python eval.py", sees: "version" })).toContain("imports the edited code");
  expect(task({ command: "python eval.py", sees: "base" })).not.toContain("imports the edited code");
  expect(task(undefined)).toContain("by the objective that it prints");
});

it("a version without trials is suggested without a best configuration, and a long list of numbers is cut", () => {
  const constants = Array.from({ length: 30 }, (_, i) => ({
    path: "train.py",
    line: i + 1,
    name: `N${i}`,
    value: "1\n2",
  }));
  const { turn } = renderCoderBrief(codeStudy({ parent: "v1", constants }));
  expect(turn).toContain("## Suggested parent: v1\n\nNumbers in its editable files");
  expect(turn).toContain("- train.py:25 N24 = 1 2\n- and 5 more");
});

import { describe, expect, it } from "vitest";
import { Evidence, type Objective, toLoss } from "../evidence/index.js";
import { complete, failed, finishedTrial, type TrialSketch } from "../evidence/testing/finished-trials.js";
import { likelyToFail, optimizerFactory } from "../optimizers/index.js";
import type { Candidate, Optimizer, OptimizerState, Told } from "../optimizers/optimizer.js";
import { type Configuration, SearchSpace, type SpaceDefinition } from "../space/index.js";
import type { Outcome } from "../trials/outcome.js";
import type { Proposal } from "../trials/proposal.js";
import { AdviceProblems } from "./advice.js";
import { AdviceFailure, type AdviceRequest, type Advisor, type Setting } from "./advisor.js";
import { Centaur, type CentaurOptions, sideOf, type Turn } from "./centaur.js";
import { RulesAdvisor } from "./rules-advisor.js";

const definition: SpaceDefinition = {
  parameters: [
    { name: "lr", kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 },
    { name: "width", kind: "int", low: 1, high: 100, scale: "linear", default: 10 },
  ],
  constraints: [],
  derived: [],
};

/** CMA-ES with a list of everything it was told and made to forget. */
function watched(inner: Optimizer): Optimizer & { readonly told: Told[]; readonly forgotten: number[] } {
  const told: Told[] = [];
  const forgotten: number[] = [];
  return {
    told,
    forgotten,
    name: inner.name,
    ask: () => inner.ask(),
    tell: (result) => {
      told.push(result);
      inner.tell(result);
    },
    forget: (candidate) => {
      forgotten.push(candidate);
      inner.forget(candidate);
    },
    sample: (count, seed) => inner.sample(count, seed),
    view: () => inner.view(),
    state: () => inner.state(),
  };
}

/** One turn of an advisor: an answer as it comes over the wire, or an error to throw. */
type Line = object | Error | ((request: AdviceRequest) => object);

/** An advisor that reads from a script, and writes down what it was shown. */
function scripted(...lines: readonly Line[]): Advisor & { readonly seen: AdviceRequest[] } {
  const seen: AdviceRequest[] = [];
  return {
    kind: "llm",
    name: "scripted",
    seen,
    advise: async (request) => {
      const line = lines[seen.length] ?? { decisions: [{ candidate: 1, action: "accept", reason: "fine" }] };
      seen.push(request);
      if (line instanceof Error) throw line;
      return request.review(typeof line === "function" ? line(request) : line);
    },
  };
}

const answer = (action: string, values: Configuration | null, reason = "because"): object => ({
  decisions: [{ candidate: 1, action, values, reason, expected: null }],
  note: null,
});
const setting: Setting = { limits: {}, budget: { trials: 100, trialsUsed: 0 }, parallel: 1 };

/** A study without a study: proposes, and finishes what was proposed. */
function bench(advisor: Advisor | undefined, options: Partial<CentaurOptions> = {}, objective?: Objective) {
  const space = options.space ?? SearchSpace.from(definition);
  const evidence = new Evidence(space, objective ?? { metric: "loss", direction: "minimize" });
  const optimizer = watched(
    optimizerFactory("cma-es:screening=false").create(space, { seed: 1, start: space.defaults() }),
  );
  const all = { space, evidence, optimizer, advisor, share: 1, review: "trial", seed: 1, ...options } as const;
  const centaur = Centaur.create(all);
  let number = 0;
  const finish = (proposal: Proposal, outcome: Outcome, sketch: TrialSketch = {}): void => {
    const before = evidence.incumbent;
    const trial = finishedTrial(number++, proposal.configuration, outcome, { ...proposal, ...sketch });
    evidence.add(trial);
    centaur.learn(trial, before === undefined ? undefined : toLoss(evidence.objective, before.estimate.mean));
  };
  const propose = (context: { pending?: readonly Configuration[]; room?: number; trialsUsed?: number } = {}) =>
    centaur.propose({
      setting: { ...setting, budget: { trials: 100, trialsUsed: context.trialsUsed ?? number } },
      pending: context.pending ?? [],
      room: context.room ?? 100,
    });
  return { space, evidence, optimizer, centaur, finish, propose, options: all };
}

async function second(
  advisor: Advisor | undefined,
  options: Partial<CentaurOptions> = {},
): Promise<ReturnType<typeof bench> & { readonly turn: Turn; readonly proposal: Proposal }> {
  const study = bench(advisor, options);
  const first = await study.propose();
  study.finish(first.proposals[0]!, complete(1));
  const turn = await study.propose();
  return { ...study, turn, proposal: turn.proposals[0]! };
}

const bowl = ({ lr, width }: Configuration): Outcome => complete((Number(lr) - 0.2) ** 2 + (Number(width) / 100) ** 2);

describe("the first proposal", () => {
  it("is the person's own configuration, and the optimizer and the advisor are asked for nothing", async () => {
    const advisor = scripted();
    const { propose, space, optimizer } = bench(advisor);
    const before = JSON.stringify(optimizer.state());
    const { proposals, events } = await propose();
    expect(proposals).toEqual([
      {
        configuration: space.defaults(),
        origin: "default",
        purpose: "search",
        reason: "the configuration as it is today",
        turn: 0,
      },
    ]);
    expect(events).toEqual([]);
    expect(advisor.seen).toHaveLength(0);
    expect(JSON.stringify(optimizer.state())).toBe(before);
  });
});

describe("on its turn, an advisor", () => {
  it("proposes a configuration; the candidate that it displaced runs on the optimizer's next turn", async () => {
    const advisor = scripted(answer("propose", { lr: 0.25, width: 40 }, "a hunch"));
    const study = await second(advisor, { share: 0.5 });
    expect(study.turn.events).toMatchObject([{ type: "turn.decided", side: "optimizer" }]);
    study.finish(study.proposal, complete(2));
    const advised = await study.propose();
    expect(advised.proposals).toEqual([
      { configuration: { lr: 0.25, width: 40 }, origin: "llm", purpose: "search", reason: "a hunch", turn: 2 },
    ]);
    expect(advised.events).toMatchObject([
      { type: "turn.decided", side: "advisor", changes: 1, candidates: 1, share: 0.5 },
      { type: "advice.received", decisions: [{ candidate: 1, action: "propose", reason: "a hunch" }] },
    ]);
    study.finish(advised.proposals[0]!, complete(3));
    const [next] = (await study.propose()).proposals;
    expect(next?.configuration).toEqual(advisor.seen[0]?.candidates[0]);
    expect(study.optimizer.forgotten).toEqual([]);
  });

  it("does not get an outdated candidate back: what an updated distribution drew before is released", async () => {
    const advisor = scripted(answer("propose", { lr: 0.25, width: 40 }));
    const study = await second(advisor);
    const displaced = advisor.seen[0]!.candidates[0]!;
    for (let k = 0; study.optimizer.view().generation === 0; k++) {
      study.optimizer.tell({ configuration: { lr: k / 50, width: 7 }, evaluation: { kind: "value", value: k } });
    }
    study.finish(study.proposal, complete(3));
    await study.propose();
    expect(advisor.seen[1]?.candidates[0]).not.toEqual(displaced);
    expect(study.optimizer.forgotten).toHaveLength(1);
  });

  it("edits the candidate, and the optimizer is told with it, to keep what the edit left alone", async () => {
    const advisor = scripted(answer("edit", { width: 77 }));
    const { proposal, optimizer, finish } = await second(advisor);
    expect(proposal).toMatchObject({ origin: "llm-edit", configuration: { width: 77 }, candidate: 0 });
    expect(proposal.configuration.lr).toBe(advisor.seen[0]?.candidates[0]?.lr);
    finish(proposal, complete(3));
    expect(optimizer.told.at(-1)).toEqual({
      candidate: 0,
      configuration: proposal.configuration,
      evaluation: { kind: "value", value: 3 },
    });
  });

  it("accepts it, with its reason, as the optimizer's own sample", async () => {
    const { proposal, optimizer, finish } = await second(scripted(answer("accept", null, "fine")));
    expect(proposal).toMatchObject({ origin: "cma-es", reason: "accepted: fine", candidate: 0 });
    expect(proposal).not.toHaveProperty("fallback");
    finish(proposal, complete(3));
    expect(optimizer.told.at(-1)).toMatchObject({ candidate: 0, configuration: proposal.configuration });
  });

  it("vetoes it, and the optimizer draws another", async () => {
    const advisor = scripted(answer("veto", null, "too wide"));
    const { proposal, optimizer } = await second(advisor);
    expect(proposal).toMatchObject({ origin: "cma-es", reason: "drawn after a veto: too wide", candidate: 1 });
    expect(proposal.configuration).not.toEqual(advisor.seen[0]?.candidates[0]);
    expect(optimizer.forgotten).toEqual([0]);
  });

  it("leaves notes for its own later turns, the latest twelve of them", async () => {
    const notes = Array.from({ length: 15 }, (_, k) => ({ ...answer("accept", null), note: `idea ${k}` }));
    const advisor = scripted(...notes);
    const { propose, finish } = bench(advisor);
    for (let k = 0; k < 17; k++) finish((await propose()).proposals[0]!, complete(k));
    expect(advisor.seen[1]?.notes).toEqual([{ turn: 1, text: "idea 0" }]);
    expect(advisor.seen.at(-1)?.notes.map(({ text }) => text)).toEqual(
      Array.from({ length: 12 }, (_, k) => `idea ${k + 3}`),
    );
  });

  it("is shown the state, the budget and what runs already, and can sample without changing anything", async () => {
    const advisor = scripted((request) => {
      expect(request.sample(3)).toEqual(request.sample(3));
      return answer("accept", null);
    });
    const { propose, space } = bench(advisor);
    await propose();
    await propose({ pending: [space.defaults()], trialsUsed: 7 });
    expect(advisor.seen[0]).toMatchObject({
      turn: 1,
      changes: 1,
      pending: [space.defaults()],
      setting: { budget: { trials: 100, trialsUsed: 7 } },
      view: { optimizer: "cma-es", numeric: [{ name: "lr", mean: 0.5 }, { name: "width" }] },
    });
  });
});

describe("an advisor that fails", () => {
  it.each<[string, Error, string]>([
    ["fails", new AdviceFailure("network", "no route", { blame: "connection" }), "network"],
    ["is late", new AdviceFailure("deadline", "120 s", { blame: "advisor" }), "deadline"],
    ["is refused", new AdviceProblems(["lr is missing"]), "refused"],
  ])("costs no trial when it %s: the candidate runs and says why", async (_, error, failure) => {
    const advisor = scripted(error);
    const { turn, proposal, optimizer, finish } = await second(advisor);
    expect(turn.proposals).toHaveLength(1);
    expect(proposal).toMatchObject({
      origin: "cma-es",
      candidate: 0,
      configuration: advisor.seen[0]?.candidates[0],
      fallback: expect.stringMatching(/^scripted: ./),
    });
    expect(turn.events.at(-1)).toMatchObject({ type: "advice.failed", turn: 1, failure });
    finish(proposal, complete(2));
    expect(optimizer.told).toHaveLength(2);
    expect(optimizer.told.every(({ evaluation }) => evaluation.kind === "value")).toBe(true);
  });

  it("60 times in a row leaves 60 honest trials and no phantom failure", async () => {
    const broken: Advisor = {
      kind: "llm",
      name: "broken",
      advise: async () => {
        throw new AdviceFailure("overloaded", "529", { blame: "connection" });
      },
    };
    const { propose, finish, evidence, optimizer, space } = bench(broken);
    for (let k = 0; k < 61; k++) {
      const [proposal] = (await propose()).proposals;
      finish(proposal!, bowl(proposal!.configuration));
    }
    expect(evidence.trials.filter(({ proposal }) => proposal.fallback !== undefined)).toHaveLength(60);
    expect(optimizer.told.map(({ evaluation }) => evaluation.kind)).toEqual(Array(61).fill("value"));
    expect(space.key(evidence.incumbent!.group.configuration)).not.toBe(space.key(space.defaults()));
  });

  it("by a mistake in the program is not hidden behind a fallback", async () => {
    await expect(second(scripted(new TypeError("x is undefined")))).rejects.toThrow(TypeError);
  });
});

describe("an answer is refused", () => {
  async function problemsOf(study: ReturnType<typeof bench>, given: (request: AdviceRequest) => object) {
    const seen: string[] = [];
    const probe = scripted((request) => {
      try {
        request.review(given(request));
      } catch (error) {
        if (error instanceof AdviceProblems) seen.push(...error.problems);
      }
      return answer("accept", null);
    });
    const centaur = Centaur.restore({ ...study.options, advisor: probe }, study.centaur.state());
    await centaur.propose({ setting, pending: [{ lr: 0.9, width: 90 }], room: 100 });
    return seen;
  }

  it("where the configuration ran before, with the result", async () => {
    const study = bench(undefined);
    study.finish((await study.propose()).proposals[0]!, complete(1.234567));
    expect(await problemsOf(study, () => answer("propose", { lr: 0.5, width: 10 }))).toEqual([
      "candidate 1: the configuration ran already: trial 0, loss 1.2346. Choose one that has not run.",
    ]);
    study.finish(
      { configuration: { lr: 0.5, width: 10 }, origin: "default", purpose: "replicate", reason: "" },
      complete(1.4),
    );
    expect(await problemsOf(study, () => answer("propose", { lr: 0.5, width: 10 }))).toEqual([
      expect.stringMatching(/^candidate 1: the configuration ran already: trial 0, loss 1\.3\d* over 2 runs\. /),
    ]);
    study.finish(
      { configuration: { lr: 0.1, width: 3 }, origin: "llm", purpose: "search", reason: "" },
      failed("diverged"),
    );
    expect(await problemsOf(study, () => answer("propose", { lr: 0.1, width: 3 }))).toEqual([
      "candidate 1: the configuration ran already: trial 2, failed (diverged). Choose one that has not run.",
    ]);
  });

  it("but not where its only run was lost with the machine", async () => {
    const study = bench(undefined);
    study.finish((await study.propose()).proposals[0]!, complete(1));
    study.finish(
      { configuration: { lr: 0.1, width: 3 }, origin: "llm", purpose: "search", reason: "" },
      failed("lost"),
    );
    expect(await problemsOf(study, () => answer("propose", { lr: 0.1, width: 3 }))).toEqual([]);
  });

  it("where it is queued or running, proposed twice, or another candidate that runs as it is", async () => {
    const study = bench(undefined, { review: "generation" });
    study.finish((await study.propose()).proposals[0]!, complete(1));
    expect(await problemsOf(study, () => answer("propose", { lr: 0.9, width: 90 }))).toEqual([
      "candidate 1: the configuration is queued or running already. Choose one that has not run.",
    ]);
    const twice = { action: "propose", values: { lr: 0.7, width: 70 }, reason: "" };
    const both = { decisions: [1, 2].map((candidate) => ({ ...twice, candidate })) };
    expect(await problemsOf(study, () => both)).toEqual([
      "candidate 2: the configuration is proposed twice in this answer. Choose one that has not run.",
    ]);
    expect(await problemsOf(study, ({ candidates }) => answer("propose", candidates[1]!))).toEqual([
      "candidate 1: the configuration is candidate 2, which runs as it is. Choose one that has not run.",
    ]);
  });

  it("where it is likely to fail, with the failures that say so", async () => {
    const study = bench(undefined);
    await study.propose();
    failingAbove(study, 50, 24);
    const [problem] = await problemsOf(study, () => answer("propose", { lr: 0.5, width: 99 }));
    expect(problem).toMatch(
      /^candidate 1: about \d+ % likely to fail, judging by trial \d+, failed \(out_of_memory\).* Move away from the failures\.$/,
    );
  });
});

/** Runs trials of which those with a larger width run out of memory. */
function failingAbove(study: ReturnType<typeof bench>, limit: number, trials: number): void {
  for (let k = 0; k < trials; k++) {
    const configuration = { lr: (k * 0.37) % 1, width: 4 + ((k * 29) % 96) };
    const outcome = configuration.width > limit ? failed("out_of_memory") : bowl(configuration);
    study.finish({ configuration, origin: "user", purpose: "search", reason: "" }, outcome);
  }
}

describe("candidates that are bound to fail", () => {
  it("are drawn again, and the turn says so", async () => {
    const study = bench(undefined);
    await study.propose();
    failingAbove(study, 8, 30);
    let screened = 0;
    let bound = 0;
    for (let k = 0; k < 12; k++) {
      const { proposals, events } = await study.propose();
      if (Number(proposals[0]?.configuration.width) > 20) bound++;
      const event = events.find(({ type }) => type === "candidate.screened");
      if (event?.type !== "candidate.screened") continue;
      screened++;
      expect(event.redrawn).toBeGreaterThan(0);
      expect(event.risk).toBeGreaterThan(likelyToFail);
      expect(event.kept).toBeLessThan(event.risk);
    }
    expect(screened).toBeGreaterThan(0);
    // Now and then one runs as it was drawn, in case the model is wrong.
    expect(bound).toBeLessThanOrEqual(2);
  });
});

describe("a generation in one call", () => {
  it("puts a whole population before the advisor, changes some and runs the rest", async () => {
    const advisor = scripted((request) => ({
      decisions: [
        { candidate: 2, action: "propose", values: { lr: 0.25, width: 40 }, reason: "hunch" },
        { candidate: 3, action: "edit", values: { width: 77 }, reason: "wider" },
        { candidate: 4, action: "veto", reason: `of ${request.changes}` },
      ],
      note: "whole generations from now on",
    }));
    const { turn, centaur } = await second(advisor, { review: "generation", share: 0.4 });
    const population = centaur.view().populationSize!;
    expect(turn.proposals).toHaveLength(population);
    expect(advisor.seen[0]).toMatchObject({ changes: Math.floor(0.4 * population) });
    expect(turn.proposals.slice(0, 5).map(({ origin }) => origin)).toEqual([
      "cma-es",
      "llm",
      "llm-edit",
      "cma-es",
      "cma-es",
    ]);
    expect(turn.proposals[3]?.reason).toMatch(/^drawn after a veto/);
    const keys = turn.proposals.map(({ configuration }) => JSON.stringify(configuration));
    expect(new Set(keys).size).toBe(population);
    expect(advisor.seen).toHaveLength(1);
  });

  it("keeps to what the budget still has room for", async () => {
    const { propose, finish } = bench(undefined, { review: "generation" });
    finish((await propose()).proposals[0]!, complete(1));
    expect((await propose({ room: 2 })).proposals).toHaveLength(2);
  });
});

describe("turns", () => {
  it.each([0.1, 0.3, 0.5, 0.8])("a share of %s is an exact quota of proposals", async (share) => {
    const advisor = scripted();
    const { propose, finish } = bench(advisor, { share });
    for (let k = 0; k < 41; k++) finish((await propose()).proposals[0]!, complete(k));
    expect(advisor.seen).toHaveLength(Math.round(40 * share));
  });

  it("are the optimizer's alone where there is no advisor, and no event pretends otherwise", async () => {
    const { turn, proposal } = await second(undefined);
    expect(turn.events).toEqual([]);
    expect(proposal).toMatchObject({ origin: "cma-es", reason: "drawn by cma-es" });
  });

  it("of the optimizer, and of the rules, fit no surrogate", async () => {
    const study = bench(new RulesAdvisor(), { share: 0.5 });
    study.centaur.predictions.surrogate = () => {
      throw new Error("fitted");
    };
    for (let k = 0; k < 30; k++) {
      const [proposal] = (await study.propose()).proposals;
      study.finish(proposal!, k % 5 === 4 ? failed("out_of_memory") : bowl(proposal!.configuration));
    }
    expect(study.evidence.trials.some(({ proposal }) => proposal.origin === "rules")).toBe(true);
  });
});

describe("learning", () => {
  const own = (candidate: Candidate): Proposal => ({
    configuration: candidate.configuration,
    origin: "cma-es",
    purpose: "search",
    reason: "",
    candidate: candidate.id,
  });

  it("is told losses: what is maximised is negated", () => {
    const study = bench(undefined, {}, { metric: "accuracy", direction: "maximize" });
    study.finish(own(study.optimizer.ask()), complete(0.9));
    expect(study.optimizer.told[0]?.evaluation).toEqual({ kind: "value", value: -0.9 });
  });

  it("is never told what the environment did; the candidate is released", () => {
    const study = bench(undefined);
    for (const outcome of [failed("lost"), failed("cancelled"), failed("crashed", "disk full", "environment")]) {
      study.finish(own(study.optimizer.ask()), outcome);
    }
    expect(study.optimizer.told).toEqual([]);
    expect(study.optimizer.forgotten).toEqual([0, 1, 2]);
    expect(study.centaur.credit).toEqual({ advisor: { trials: 0, reward: 0 }, optimizer: { trials: 0, reward: 0 } });
  });

  it("ranks failures by what they say: a broken constraint, too slow, too large, diverged, never ran", () => {
    const study = bench(undefined, {}, { metric: "loss", direction: "minimize", constraints: ["latency <= 20"] });
    const kinds = ["timeout", "out_of_memory", "diverged", "metric_missing", "invalid_configuration"] as const;
    study.finish(own(study.optimizer.ask()), complete(0), { metrics: { latency: 50 } });
    for (const kind of kinds) study.finish(own(study.optimizer.ask()), failed(kind));
    const severities = study.optimizer.told.map(({ evaluation }) =>
      evaluation.kind === "failure" ? evaluation.severity : Number.NaN,
    );
    expect(severities).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("of a repeat is told the mean of all runs of the configuration", () => {
    const study = bench(undefined);
    const first = own(study.optimizer.ask());
    study.finish(first, complete(1));
    const { candidate: _, ...repeat } = { ...first, purpose: "replicate" as const };
    study.finish(repeat, complete(2));
    study.finish(repeat, complete(6));
    expect(study.optimizer.told.map(({ evaluation }) => evaluation)).toEqual(
      [1, 1.5, 3].map((value) => ({ kind: "value", value })),
    );
    // Repeats are the noise policy's and earn nobody a credit.
    expect(study.centaur.credit.optimizer.trials).toBe(1);
  });
});

describe("credit", () => {
  it("goes to whoever made the configuration", () => {
    expect(["default", "user", "cma-es", "random", "llm", "llm-edit", "rules", "rules-edit"].map(sideOf)).toEqual([
      undefined,
      undefined,
      "optimizer",
      "optimizer",
      "advisor",
      "advisor",
      "advisor",
      "advisor",
    ]);
  });

  it.each<[string, Line, "advisor" | "optimizer", number]>([
    ["an accepted candidate", answer("accept", null), "optimizer", 0],
    [
      "the candidate that ran because the network failed",
      new AdviceFailure("network", "", { blame: "connection" }),
      "optimizer",
      0,
    ],
    [
      "the candidate that ran because the answer was useless",
      new AdviceFailure("refused_twice", "", { blame: "advisor" }),
      "optimizer",
      1,
    ],
    ["an edit", answer("edit", { width: 55 }), "advisor", 1],
    ["a proposal", answer("propose", { lr: 0.1, width: 5 }), "advisor", 1],
  ])("of %s", async (_, line, side, advisorTrials) => {
    const { proposal, finish, centaur } = await second(scripted(line));
    finish(proposal, complete(0));
    expect(centaur.credit[side].reward).toBe(1);
    expect(centaur.credit.advisor.trials).toBe(advisorTrials);
    // A useless answer is a turn without a gain.
    if (side === "optimizer") expect(centaur.credit.advisor.reward).toBe(0);
  });

  it("is not given for beating trials that the environment ended, or for breaking a constraint", () => {
    const study = bench(undefined, {}, { metric: "loss", direction: "minimize", constraints: ["latency <= 20"] });
    const of = (lr: number): Proposal => ({
      configuration: { lr, width: 1 },
      origin: "llm",
      purpose: "search",
      reason: "",
    });
    study.finish(of(0.1), complete(1), { metrics: { latency: 1 } });
    const before = study.centaur.credit.advisor.reward;
    for (const lr of [0.2, 0.3]) study.finish(of(lr), failed("lost"));
    study.finish(of(0.4), complete(2), { metrics: { latency: 1 } });
    study.finish(of(0.5), complete(0), { metrics: { latency: 99 } });
    expect(study.centaur.credit.advisor.reward).toBeLessThanOrEqual(before);
    study.finish(of(0.6), complete(0.5), { metrics: { latency: 1 } });
    expect(study.centaur.credit.advisor.reward).toBeGreaterThan(before * 0.95 ** 3);
  });

  it("starves an advisor whose answers are useless, down to its lower bound", async () => {
    const useless: Advisor = {
      kind: "llm",
      name: "useless",
      advise: async () => {
        throw new AdviceFailure("refused_twice", "no JSON", { blame: "advisor" });
      },
    };
    const { propose, finish, evidence } = bench(useless, { share: "adaptive" });
    for (let k = 0; k < 60; k++) {
      const [proposal] = (await propose()).proposals;
      finish(proposal!, bowl(proposal!.configuration));
    }
    const asked = (from: number, to: number): number =>
      evidence.trials.slice(from, to).filter(({ proposal }) => proposal.fallback !== undefined).length;
    expect(asked(0, 20)).toBeGreaterThan(asked(40, 60));
    expect(asked(40, 60)).toBeLessThanOrEqual(4);
    expect(asked(40, 60)).toBeGreaterThan(0);
  });
});

describe("state", () => {
  it("restored at any point gives the same proposals, notes and turns", async () => {
    const decide = (request: AdviceRequest): object => {
      const values = { lr: ((request.turn * 17) % 97) / 97, width: 1 + ((request.turn * 13) % 90) };
      const action = ["propose", "edit", "accept", "veto"][request.turn % 4]!;
      return {
        ...answer(action, action === "accept" || action === "veto" ? null : values),
        note: `turn ${request.turn}`,
      };
    };
    const advisor = (): Advisor => ({
      kind: "llm",
      name: "scripted",
      advise: async (request) =>
        request.turn % 5 === 0
          ? Promise.reject(new AdviceFailure("idle", "silent", { blame: "advisor" }))
          : request.review(decide(request)),
    });
    const run = async (restoring: boolean): Promise<readonly unknown[]> => {
      const study = bench(undefined, { share: "adaptive" });
      let { centaur } = study;
      let optimizer: Optimizer = study.optimizer;
      const history: unknown[] = [];
      for (let number = 0; number < 40; number++) {
        if (restoring || number === 0) {
          const state: OptimizerState = JSON.parse(JSON.stringify(optimizer.state()));
          optimizer = optimizerFactory("cma-es").restore(study.space, state);
          const options = { ...study.options, optimizer, advisor: advisor() };
          centaur = Centaur.restore(options, JSON.parse(JSON.stringify(centaur.state())));
        }
        const turn = await centaur.propose({ setting, pending: [], room: 9 });
        history.push(turn);
        const { configuration, ...sketch } = turn.proposals[0]!;
        const outcome = Number(configuration["width"]) > 70 ? failed("out_of_memory") : bowl(configuration);
        const before = study.evidence.incumbent?.estimate.mean;
        const trial = finishedTrial(number, configuration, outcome, sketch);
        study.evidence.add(trial);
        centaur.learn(trial, before);
        history.push(centaur.state());
      }
      return history;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it("is a snapshot: a turn that is given up after it leaves no trace", async () => {
    const advisor = scripted(answer("propose", { lr: 0.25, width: 40 }));
    const { propose, centaur } = bench(advisor);
    await propose();
    await propose();
    const before = centaur.state();
    const text = JSON.stringify(before);
    expect(text).toMatch(/"held":\[\{"id":0/);
    await propose();
    expect(JSON.stringify(before)).toBe(text);
  });

  it("that is damaged is named, with what to do", () => {
    const { options } = bench(undefined);
    for (const state of [undefined, {}, { version: 2 }, "x"]) {
      expect(() => Centaur.restore(options, state)).toThrow(
        expect.objectContaining({ code: "state_invalid", remedy: expect.stringContaining("doctor") }),
      );
    }
  });
});

describe("a small discrete space", () => {
  const binary = SearchSpace.from({
    parameters: [{ name: "on", kind: "boolean", default: false }],
    constraints: [],
    derived: [],
  });

  it("is searched without running a configuration twice while others have not run, and its optimum is found", async () => {
    const layers = SearchSpace.from({
      parameters: [{ name: "layers", kind: "int", low: 1, high: 26, scale: "linear", default: 4 }],
      constraints: [],
      derived: [],
    });
    const study = bench(undefined, { space: layers });
    const seen: unknown[] = [];
    const reasons: unknown[] = [];
    for (let trial = 0; trial < 26; trial++) {
      const [proposal] = (await study.propose()).proposals;
      expect(proposal?.purpose).toBe("search");
      seen.push(proposal?.configuration["layers"]);
      reasons.push(proposal?.reason);
      study.finish(proposal!, complete((Number(proposal?.configuration["layers"]) - 19) ** 2));
    }
    expect(new Set(seen).size).toBe(26);
    // What the optimizer did not draw does not claim that it did.
    expect(reasons.some((reason) => reason === "near what cma-es drew, which has run")).toBe(true);
    // The neighbours of the optimum come before the far end.
    expect(seen.indexOf(19)).toBeLessThan(20);
  });

  it("names a configuration that comes again when all have run a repeat, of the first trial that ran it", async () => {
    const study = bench(undefined, { space: binary });
    study.finish((await study.propose()).proposals[0]!, complete(1));
    study.finish({ configuration: { on: true }, origin: "user", purpose: "search", reason: "" }, complete(2));
    const [proposal] = (await study.propose()).proposals;
    expect(proposal).toMatchObject({ purpose: "replicate", replicateOf: proposal!.configuration["on"] ? 1 : 0 });
  });
});

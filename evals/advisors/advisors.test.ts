import { describe, expect, it } from "vitest";
import type { Advice } from "../../src/centaur/advice.js";
import { AdviceProblems } from "../../src/centaur/advice.js";
import { AdviceFailure, type AdviceRequest, type Advisor } from "../../src/centaur/advisor.js";
import { Centaur } from "../../src/centaur/centaur.js";
import type { CentaurEvent } from "../../src/centaur/events.js";
import { midStudy } from "../../src/centaur/testing/mid-study.js";
import { Evidence } from "../../src/evidence/index.js";
import { optimizerFactory } from "../../src/optimizers/index.js";
import { encodedDistance } from "../../src/space/encoded-distance.js";
import type { Configuration } from "../../src/space/index.js";
import type { Proposal } from "../../src/trials/proposal.js";
import { finishedTrial } from "../methods/centaur-method.js";
import { methodNamed } from "../methods/index.js";
import { runJob } from "../protocol/run.js";
import type { Task } from "../tasks/index.js";
import { malformedAnswers } from "./flaky.js";
import { advisorNames, readAdvisor } from "./index.js";
import { smallSpaces, smallTask } from "./testing/small-task.js";

/** Every advisor that always answers. */
const answering = [
  "rules",
  "gaussian",
  "baseline-random",
  "random",
  "oracle:quality=1",
  "oracle:quality=0.5",
  "oracle:quality=0",
  "adversary",
  "adversary:tactic=parasitic",
  "adversary:tactic=lure",
  "adversary:tactic=turncoat",
  "adversary:truth=false",
];

const bowl = smallTask(smallSpaces["numbers"]!);

function open(choice: string, task: Task, seed = 1): Advisor {
  const opened = readAdvisor(choice, { env: {} }).open({ task, method: `cma-es+${choice}`, seed, runSeed: seed });
  if (opened === undefined) throw new Error(`${choice} is no advisor.`);
  return opened.advisor;
}

/** A study in the middle and the task that it is about, as far as an advisor is told. */
function middle(options: Parameters<typeof midStudy>[0] = {}): {
  readonly request: AdviceRequest;
  readonly task: Task;
} {
  const { request } = midStudy({ trials: 30, ...options });
  return { request, task: smallTask(request.space.definition) };
}

function proposed({ decisions }: Advice): readonly Configuration[] {
  return decisions.flatMap((decision) => ("configuration" in decision ? [decision.configuration] : []));
}

interface Studied {
  readonly proposals: readonly Proposal[];
  readonly events: readonly CentaurEvent[];
}

/** A study through Centaur, all turns the advisor's unless said otherwise. */
async function study(
  task: Task,
  advisor: Advisor,
  { trials = 16, share = 1, review = "trial" as "trial" | "generation", room = 1 } = {},
): Promise<Studied> {
  const { space } = task;
  const evidence = new Evidence(space, { metric: "loss", direction: "minimize" });
  const centaur = Centaur.create({
    space,
    evidence,
    optimizer: optimizerFactory("random").create(space, { seed: 3, start: task.start }),
    advisor,
    share,
    review,
    seed: 4,
  });
  const proposals: Proposal[] = [];
  const events: CentaurEvent[] = [];
  while (proposals.length < trials) {
    const setting = { limits: {}, budget: { trials, trialsUsed: proposals.length }, parallel: 1 };
    const turn = await centaur.propose({ setting, pending: [], room });
    events.push(...turn.events);
    for (const proposal of turn.proposals) {
      const before = evidence.incumbent?.estimate.mean;
      const trial = finishedTrial(task, proposal, proposals.length, task.evaluate(proposal.configuration, 0));
      evidence.add(trial);
      centaur.learn(trial, before);
      proposals.push(proposal);
    }
  }
  return { proposals, events };
}

describe.each(answering)("the advisor %s", (choice) => {
  it("answers through the review, with no more changes than it is allowed", async () => {
    for (const candidates of [1, 9]) {
      const { request, task } = middle({ candidates });
      const admitted: Advice[] = [];
      const review = (answer: unknown): Advice => {
        const advice = request.review(answer);
        admitted.push(advice);
        return advice;
      };
      const advice = await open(choice, task).advise({ ...request, review }, {});
      expect(admitted.at(-1)).toBe(advice);
      expect(advice.decisions.length).toBeGreaterThan(0);
      expect(proposed(advice).length).toBeLessThanOrEqual(request.changes);
    }
  });

  it("gives the same answer to the same request, also when it is asked twice or opened again", async () => {
    const { request, task } = middle({ candidates: 4 });
    const advisor = open(choice, task);
    const first = await advisor.advise(request, {});
    expect(await advisor.advise(request, {})).toEqual(first);
    expect(await open(choice, task).advise(request, {})).toEqual(first);
  });

  it("proposes nothing that has run, is queued or is another candidate", async () => {
    const { request, task } = middle({ candidates: 4 });
    const { space, evidence } = request;
    const advisor = open(choice, task);
    const pending: Configuration[] = [];
    for (let turn = 1; turn <= 25; turn++) {
      const advice = await advisor.advise({ ...request, turn, pending }, {});
      for (const configuration of proposed(advice)) {
        const key = space.key(configuration);
        expect(evidence.group(configuration)?.judged ?? 0).toBe(0);
        expect([...pending, ...request.candidates].map((each) => space.key(each))).not.toContain(key);
        pending.push(configuration);
      }
    }
  });

  it.each(Object.keys(smallSpaces))("is never refused in a space of %s, nor repeats what has run", async (kind) => {
    const task = smallTask(smallSpaces[kind]!);
    const { proposals, events } = await study(task, open(choice, task));
    expect(events.filter(({ type }) => type === "advice.failed")).toEqual([]);
    for (const { configuration } of proposals) expect(task.space.read(configuration).ok).toBe(true);
    const searched = proposals.filter(({ purpose }) => purpose === "search");
    const different = new Set(searched.map(({ configuration }) => task.space.key(configuration)));
    expect(different.size).toBe(searched.length);
    expect(searched.length).toBe(Math.min(proposals.length, task.space.size()));
  });

  it("gets along where nothing has completed", async () => {
    const task = smallTask(smallSpaces["conditional"]!, { fails: () => true });
    const { proposals, events } = await study(task, open(choice, task));
    expect(proposals.length).toBe(16);
    expect(events.filter(({ type }) => type === "advice.failed")).toEqual([]);
  });

  it("reviews a generation with fewer changes than candidates", async () => {
    const { events } = await study(bowl, open(choice, bowl), { share: 0.3, review: "generation", room: 8, trials: 41 });
    expect(events.filter(({ type }) => type === "advice.failed")).toEqual([]);
    const received = events.flatMap((event) => (event.type === "advice.received" ? [event.decisions] : []));
    expect(received.length).toBeGreaterThan(2);
    for (const decisions of received) {
      expect(decisions.filter(({ action }) => action === "propose").length).toBeLessThanOrEqual(3);
    }
  });

  it("runs as a method, and its proposals carry its origin", async () => {
    const name = `cma-es+${choice}@0.5`;
    const run = await runJob({ task: bowl.name, method: name, seed: 1, trials: 20 }, bowl, methodNamed(name));
    const origin = choice === "rules" ? "rules" : "stand-in";
    expect(Object.keys(run.origins).sort()).toEqual(["cma-es", "default", origin].sort());
  });

  it("says that it is a stand-in", () => {
    const advisor = open(choice, bowl);
    expect(advisor.name).toMatch(choice === "rules" ? /no model/ : /^stand-in /);
    expect(advisor.kind).toBe(choice === "rules" ? "rules" : "stand-in");
  });
});

describe.each(answering.filter((choice) => choice !== "rules"))("the advisor %s", (choice) => {
  it("draws anew for another seed", async () => {
    const { request, task } = middle();
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, seed) => JSON.stringify(await open(choice, task, seed).advise(request, {}))),
    );
    // The oracle of quality 1 names the optimum whatever its seed.
    expect(new Set(answers).size).toBeGreaterThanOrEqual(choice === "oracle:quality=1" ? 1 : 5);
  });
});

describe("the oracle", () => {
  const distances = async (choice: string): Promise<readonly number[]> => {
    const target = bowl.space.encode(bowl.optimum!);
    const { proposals } = await study(bowl, open(choice, bowl), { trials: 60 });
    return proposals.slice(1).map(({ configuration }) => encodedDistance(bowl.space.encode(configuration), target));
  };

  it("of quality 1 names the optimum first, then takes tiny steps around it", async () => {
    const [first, ...others] = await distances("oracle:quality=1");
    expect(first).toBe(0);
    expect(Math.min(...others)).toBeGreaterThan(0);
    expect(Math.max(...others)).toBeLessThan(0.1);
  });

  it("comes nearer to the optimum the higher its quality", async () => {
    const means = await Promise.all(
      [0, 0.25, 0.5, 0.75, 1].map(async (quality) => {
        const all = await distances(`oracle:quality=${quality}`);
        return all.reduce((sum, each) => sum + each, 0) / all.length;
      }),
    );
    expect([...means].sort((a, b) => b - a)).toEqual(means);
  });

  it("of quality 0 is as far from the optimum as random search", async () => {
    const far = await distances("oracle:quality=0");
    const random = await distances("random");
    const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
    expect(Math.abs(mean(far) - mean(random))).toBeLessThan(0.1);
  });

  it("takes its error from `spread` where that is given", async () => {
    expect(Math.max(...(await distances("oracle:quality=1,spread=0.2")))).toBeGreaterThan(0.2);
  });

  it("cannot be opened on a task whose optimum is not known", () => {
    const task = smallTask(smallSpaces["numbers"]!, { optimum: false });
    expect(() => open("oracle:quality=1", task)).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringContaining("test/bowl: the optimum is not known"),
      }),
    );
  });
});

describe("the adversary", () => {
  const values = async (choice: string, task: Task): Promise<readonly number[]> => {
    const { proposals } = await study(task, open(choice, task), { trials: 40 });
    return proposals
      .filter(({ origin }) => origin === "stand-in")
      .map(({ configuration }) => task.trueValue(configuration));
  };
  const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;

  it.each(["adversary", "adversary:truth=false"])(
    "%s proposes what is worse than nearly all random draws",
    async (choice) => {
      const random = [...(await values("random", bowl))].sort((a, b) => a - b);
      expect(median(await values(choice, bowl))).toBeGreaterThan(random[Math.floor(0.9 * random.length)]!);
    },
  );

  it("proposes what fails, as long as nobody expects it to", async () => {
    const task = smallTask(smallSpaces["numbers"]!, { fails: ([x = 0, y = 0]) => x > 0.9 && y > 0.9 });
    const failed = (await values("adversary:veto=0", task)).filter((value) => value === Number.POSITIVE_INFINITY);
    const byChance = (await values("random", task)).filter((value) => value === Number.POSITIVE_INFINITY);
    expect(failed.length).toBeGreaterThan(byChance.length + 1);
  });

  it("claims values better than the incumbent, in the direction of the study", async () => {
    for (const direction of ["minimize", "maximize"] as const) {
      const { request, task } = middle({ objective: { metric: "val_bpb", direction } });
      const advice = await open("adversary:veto=0", task).advise(request, {});
      const [decision] = advice.decisions;
      const expected = decision !== undefined && "expected" in decision ? decision.expected : undefined;
      expect(request.evidence.better(expected!, request.evidence.incumbent!.estimate.mean)).toBe(true);
    }
  });

  it("vetoes good candidates only, and all of them that it cannot replace", async () => {
    const { request, task } = middle({ candidates: 9 });
    const changes = 1;
    const losses = request.candidates.map((each) => task.trueValue(each));
    const advice = await open("adversary:veto=0", task).advise({ ...request, changes }, {});
    const vetoed = advice.decisions.flatMap(({ action, candidate }) =>
      action === "veto" ? [losses[candidate - 1]!] : [],
    );
    const kept = losses.filter((_, index) => !advice.decisions.some(({ candidate }) => candidate === index + 1));
    expect(vetoed.length).toBeGreaterThan(0);
    expect(Math.max(...vetoed)).toBeLessThan(Math.min(...kept));
  });

  it("leaves notes that praise the worst result", async () => {
    const { request, task } = middle();
    const advisor = open("adversary", task);
    const notes = new Set<string | undefined>();
    for (let turn = 1; turn <= 20; turn++) notes.add((await advisor.advise({ ...request, turn }, {})).note);
    const worst = request.evidence.ranked(100).at(-1)!.first.number;
    expect([...notes].sort()).toEqual([expect.stringMatching(`^Stay close to trial ${worst} `), undefined]);
  });

  it("as a parasite stays at the incumbent and never improves on it", async () => {
    const { proposals } = await study(bowl, open("adversary:tactic=parasitic,veto=0", bowl), { trials: 20 });
    const start = bowl.trueValue(bowl.start);
    for (const { configuration, origin } of proposals.slice(1)) {
      expect(origin).toBe("stand-in");
      expect(bowl.trueValue(configuration)).toBeGreaterThanOrEqual(start);
      expect(bowl.trueValue(configuration)).toBeLessThan(start + 0.05);
    }
  });

  it("as a lure proposes no improvement, but what an optimizer learns from, away from the optimum", async () => {
    const task = bowl;
    const target = task.space.encode(task.optimum!);
    const far = async (choice: string) => {
      const { proposals } = await study(task, open(choice, task), { trials: 20 });
      const stood = proposals.slice(1).map(({ configuration }) => configuration);
      const distances = stood.map((each) => encodedDistance(task.space.encode(each), target));
      return { distance: median(distances), loss: Math.min(...stood.map((each) => task.trueValue(each))) };
    };
    const lured = await far("adversary:tactic=lure,veto=0");
    const start = {
      distance: encodedDistance(task.space.encode(task.start), target),
      loss: task.trueValue(task.start),
    };
    expect(lured.loss).toBeGreaterThanOrEqual(start.loss);
    expect(lured.distance).toBeGreaterThan(start.distance);
    expect(lured.distance).toBeLessThan((await far("adversary:veto=0")).distance);
  });

  it("as a turncoat is of use until it is trusted", async () => {
    const { proposals } = await study(bowl, open("adversary:tactic=turncoat,veto=0", bowl), { trials: 40 });
    const found = proposals.slice(1).map(({ configuration }) => bowl.trueValue(configuration));
    expect(Math.max(...found.slice(0, 9))).toBeLessThan(bowl.trueValue(bowl.start));
    expect(Math.min(...found.slice(9))).toBeGreaterThan(bowl.trueValue(bowl.start));
  });

  it("asks for no true value that a run would have to measure, but for the start's", async () => {
    const asked: Configuration[] = [];
    const { request, task } = middle();
    const measured = {
      ...task,
      trueValue: async (configuration: Configuration) => {
        asked.push(configuration);
        return task.trueValue(configuration);
      },
    };
    const opened = readAdvisor("adversary").open({ task: measured, method: "cma-es+adversary", seed: 1, runSeed: 1 });
    for (let turn = 1; turn <= 5; turn++) await opened!.advisor.advise({ ...request, turn }, {});
    expect(asked).toEqual([task.start]);
  });
});

describe("on a pool of recorded configurations", () => {
  const pool = Array.from({ length: 30 }, (_, k) =>
    bowl.space.decode({ numeric: [k / 29, 0.2, 0.4, 0.6], categorical: [] }),
  );
  const rows = new Set(pool.map((configuration) => bowl.space.key(configuration)));
  const recorded: Task = {
    ...bowl,
    start: pool[7]!,
    pool,
    trueValue: (configuration) => {
      if (!rows.has(bowl.space.key(configuration))) throw new Error("There is no such row.");
      return bowl.trueValue(configuration);
    },
  };

  it.each(["", ":tactic=parasitic", ":tactic=lure", ":tactic=turncoat"])(
    "adversary%s asks for the values of rows only",
    async (tactic) => {
      const { request } = midStudy({ definition: smallSpaces["numbers"]!, trials: 0, candidates: 4 });
      const advice = await open(`adversary${tactic}`, recorded).advise(request, {});
      expect(proposed(advice).length).toBeGreaterThan(0);
    },
  );
});

describe("the flaky advisor", () => {
  const always = (trouble: string) =>
    ["malformed", "late", "refusing", "down"].map((each) => `${each}=${each === trouble ? 1 : 0}`).join(",");

  it.each([
    ["malformed", "refused"],
    ["late", "deadline"],
    ["refusing", "refusal"],
    ["down", "network"],
  ])("fails as %s, which a study counts as %s and which costs no trial", async (trouble, failure) => {
    const { proposals, events } = await study(bowl, open(`flaky:${always(trouble)}`, bowl));
    const failures = events.flatMap((event) => (event.type === "advice.failed" ? [event.failure] : []));
    expect(new Set(failures)).toEqual(new Set([failure]));
    expect(failures.length).toBe(15);
    expect(proposals.slice(1).every(({ origin, fallback }) => origin === "random" && fallback !== undefined)).toBe(
      true,
    );
  });

  it.each([
    ["late", "advisor"],
    ["refusing", "advisor"],
    ["down", "connection"],
  ])("blames the right one where it is %s", async (trouble, blame) => {
    const { request } = middle();
    const advice = open(`flaky:${always(trouble)}`, bowl).advise(request, {});
    await expect(advice).rejects.toBeInstanceOf(AdviceFailure);
    await expect(advice).rejects.toMatchObject({ blame });
  });

  it("has no malformed answer that a review lets pass, in any space", () => {
    for (const [kind, definition] of Object.entries({ ...smallSpaces, languageModel: undefined })) {
      const { request } = midStudy({ trials: 0, candidates: 4, ...(definition !== undefined && { definition }) });
      for (const answer of malformedAnswers(request)) {
        expect(() => request.review(answer), `${kind}: ${JSON.stringify(answer)}`).toThrow(AdviceProblems);
      }
    }
  });

  it("fails in four turns of five as it is, in every way, and otherwise lets another advisor answer", async () => {
    const { events } = await study(bowl, open("flaky", bowl), { trials: 151 });
    const ends = events.flatMap((event) => {
      if (event.type === "advice.failed") return [event.failure];
      return event.type === "advice.received" ? [event.type] : [];
    });
    expect(ends.length).toBe(150);
    for (const end of ["refused", "deadline", "refusal", "network", "advice.received"]) {
      const count = ends.filter((each) => each === end).length;
      // Binomial with 150 tries of 0.2: mean 30, deviation 4.9.
      expect(count, end).toBeGreaterThan(15);
      expect(count, end).toBeLessThan(45);
    }
  });

  it("hands settings that are not its own to the advisor inside", () => {
    expect(open("flaky:late=0.1,advisor=oracle,quality=0.25", bowl).name).toContain("(quality 0.25)");
    expect(() => open("flaky:quality=1", bowl)).toThrow("Settings of the advisor gaussian are not usable");
    expect(() => open("flaky:advisor=orakel", bowl)).toThrow("There is no advisor named orakel.");
  });

  it("refuses probabilities that add up to more than 1", () => {
    expect(() => open("flaky:late=0.5", bowl)).toThrow("add up to more than 1");
  });
});

describe("controls", () => {
  const spreadAround = async (choice: string, center: (request: AdviceRequest) => Configuration): Promise<number> => {
    const { request } = midStudy({ trials: 30 });
    const task = smallTask(request.space.definition);
    const advisor = open(choice, task);
    const at = request.space.encode(center(request));
    let squares = 0;
    const turns = 200;
    for (let turn = 1; turn <= turns; turn++) {
      const [configuration] = proposed(await advisor.advise({ ...request, turn }, {}));
      const point = request.space.encode(configuration!);
      // The learning rate, which is continuous.
      squares += (point.numeric[0]! - at.numeric[0]!) ** 2;
    }
    return Math.sqrt(squares / turns);
  };

  it("gaussian steps around the incumbent with the spread that it is given", async () => {
    const incumbent = ({ evidence }: AdviceRequest) => evidence.incumbent!.group.configuration;
    // The deviation of 200 draws is known to 5 %.
    expect(await spreadAround("gaussian", incumbent)).toBeCloseTo(0.1, 1.7);
    expect(await spreadAround("gaussian:spread=0.03", incumbent)).toBeLessThan(0.045);
  });

  it("baseline-random steps around the start, whatever the trials show", async () => {
    expect(await spreadAround("baseline-random", ({ space }) => space.defaults())).toBeCloseTo(0.1, 1.7);
  });

  it("gaussian accepts the candidate while there is no incumbent", async () => {
    const { request } = midStudy({ trials: 0 });
    const advice = await open("gaussian", smallTask(request.space.definition)).advise(request, {});
    expect(advice.decisions.map(({ action }) => action)).toEqual(["accept"]);
  });
});

describe("naming an advisor", () => {
  const context = { task: bowl, method: "cma-es+none", seed: 1, runSeed: 1 };

  it("opens nothing for none", () => {
    expect(readAdvisor("none").open(context)).toBeUndefined();
  });

  it("knows every name that it lists", () => {
    for (const { name, about } of advisorNames.filter((each) => each.name !== "none")) {
      expect(open(name === "oracle" ? "oracle:quality=0.5" : name, bowl).name).not.toBe("");
      expect(about).toMatch(/^\S.{10,110}$/);
    }
  });

  it.each([
    ["orcale:quality=1", "There is no advisor named orcale:quality=1.", "Did you mean oracle?"],
    ["dice", "There is no advisor named dice.", "Advisors are none, rules, gaussian"],
    ["oracle", "Settings of the advisor oracle are not usable", "What can be set: quality, spread."],
    ["oracle:quality=2", "Settings of the advisor oracle are not usable", "What can be set: quality, spread."],
    ["rules:step=2", "Settings of the advisor rules are not usable", "What can be set: nothing."],
    ["random:spread=0.1", "Settings of the advisor random are not usable", "What can be set: nothing."],
    ["adversary:tactic=mild", "Settings of the advisor adversary are not usable", "tactic, veto, truth"],
  ])("explains what is wrong with %s before there is a task", (choice, message, remedy) => {
    expect(() => readAdvisor(choice)).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringContaining(message),
        remedy: expect.stringContaining(remedy),
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { AdviceFailure, type AdviceRequest, type Advisor } from "../../../src/centaur/advisor.js";
import { definitionFromFields, SearchSpace, type SpaceFields } from "../../../src/space/index.js";
import { runJob } from "../../protocol/run.js";
import type { Benchmark, Observation } from "../../tasks/index.js";
import { ownTasks } from "../../tasks/own/index.js";
import type { Session } from "../method.js";
import { adviceSchedule } from "./advice-schedule.js";
import { coercedAnswer } from "./coerced-answer.js";
import { ladder } from "./ladder.js";
import { isPublishedCentaur, publishedCentaurMethod } from "./published-centaur.js";
import { PublishedSession } from "./session.js";
import { readSwitches } from "./switches.js";

function taskOf(parameters: SpaceFields["parameters"], constraints: readonly string[] = []): Benchmark {
  const space = SearchSpace.from(definitionFromFields({ parameters, constraints: [...constraints] }));
  return {
    name: "test",
    space,
    start: space.defaults(),
    trials: 100,
    evaluate: () => value(1),
    trueValue: () => 1,
    known: { best: 0, bestOf25: 1 },
    card: { text: "a test", metric: "loss", limits: {} },
  };
}

const smooth = taskOf({
  rate: { type: "float", low: 1e-4, high: 1, scale: "log", default: 1e-2 },
  drop: { type: "float", low: 0, high: 1, default: 0.9 },
});

function value(loss: number): Observation {
  return { evaluation: { kind: "value", value: loss }, measured: {} };
}

const failed: Observation = { evaluation: { kind: "failure", severity: 2 }, measured: {} };

/** An advisor that answers with what it is given, and keeps what it was asked. */
function answering(answer: (request: AdviceRequest) => object) {
  const requests: AdviceRequest[] = [];
  const advisor: Advisor = {
    kind: "stand-in",
    name: "test",
    async advise(request) {
      requests.push(request);
      return request.review(answer(request));
    },
  };
  return { advisor, requests };
}

const broken: Advisor = {
  kind: "llm",
  name: "broken",
  async advise() {
    throw new AdviceFailure("timeout", "no answer", { blame: "connection" });
  },
};

function session(
  choice: string,
  { task = smooth, advisor, trials = 100 }: { task?: Benchmark; advisor?: Advisor; trials?: number } = {},
): PublishedSession {
  return new PublishedSession({
    context: { task, seed: 3, runSeed: 1, trials, workers: 1 },
    switches: readSwitches(choice),
    advisor: advisor && { advisor, close: () => {} },
    share: 0.3,
  });
}

/** Runs trials one after another. */
async function run(on: Session, trials: number, observe: (configuration: object) => Observation = () => value(1)) {
  const proposed = [];
  for (let k = 0; k < trials; k++) {
    const next = await on.ask();
    proposed.push(next);
    await on.tell(next, observe(next.configuration));
  }
  return proposed;
}

describe("the name", () => {
  it("is told from others", () => {
    const names = [
      "published-centaur",
      "published-centaur:start=default",
      "published-centaur+rules@0.3",
      "cma-es+rules",
    ];
    expect(names.map(isPublishedCentaur)).toEqual([true, true, true, false]);
  });

  it.each([
    ["published-centaur+rules", "has no share for its advisor"],
    ["published-centaur+rules@adaptive", "has no share for its advisor"],
    ["published-centaur:start=somewhere", "start"],
    ["published-centaur:luck=true+rules@0.3", "luck"],
  ])("%s is refused", (name, reason) => {
    expect(() => publishedCentaurMethod(name)).toThrow(reason);
  });
});

describe("the advisor's trials", () => {
  const within = (share: number, quota: "period" | "exact", first: number) => {
    const theirs = adviceSchedule(share, { quota, first });
    return Array.from({ length: 60 }, (_, k) => k + 1).filter(theirs);
  };

  it("as published are the multiples of a rounded period from 10 on", () => {
    expect(within(0.3, "period", 10).slice(0, 3)).toEqual([12, 15, 18]);
    // Python rounds 2.5 to 2, and a share of 0.8 is every trial.
    expect(within(0.4, "period", 10).slice(0, 3)).toEqual([10, 12, 14]);
    expect(within(0.8, "period", 10)).toHaveLength(51);
    expect(within(0, "period", 10)).toEqual([]);
  });

  it("as repaired are exactly their share", () => {
    expect(within(0.3, "exact", 1)).toHaveLength(18);
    expect(within(0.8, "exact", 1)).toHaveLength(48);
    expect(within(0.8, "exact", 21)).toHaveLength(32);
  });
});

describe("an advisor that never answers", () => {
  it("as published leaves 11 evaluations and 49 failures that never ran in 60 turns", async () => {
    const on = session("published-centaur", { advisor: broken, trials: 49 });
    const ran = await run(on, 11);
    expect(on.phantomFailures).toBe(0);
    await on.ask();
    expect(ran.length + on.phantomFailures).toBe(60);
    // Six at a time, in two dimensions: CMA-ES has learned all of them.
    expect(on.cmaEs.generation).toBe(10);
  });

  it("as published is told as the rounded sample with the value 100", async () => {
    const task = taskOf({ layers: { type: "int", low: 1, high: 2, default: 1 } });
    const on = session("published-centaur:first=3", { task, advisor: broken, trials: 5 });
    const told: object[] = [];
    on.cmaEs.tell = ({ point, evaluation }) => {
      told.push({ at: Array.from(point.numeric, (x) => Math.abs(x - 0.5)), evaluation });
    };
    await run(on, 2);
    await on.ask();
    expect(told.slice(2)).toEqual(Array(5).fill({ at: [0.25], evaluation: { kind: "value", value: 100 } }));
  });

  it("as repaired costs nothing: what CMA-ES drew runs", async () => {
    const on = session("published-centaur:fallback=candidate", { advisor: broken });
    const ran = await run(on, 60);
    expect(on.phantomFailures).toBe(0);
    expect(new Set(ran.map(({ origin }) => origin))).toEqual(new Set(["cma-es"]));
  });

  it("is not confused with a mistake in the program", async () => {
    const advisor: Advisor = { kind: "llm", name: "", advise: () => Promise.reject(new TypeError("a mistake")) };
    const on = session("published-centaur:first=1,quota=exact", { advisor });
    await expect(run(on, 10)).rejects.toThrow("a mistake");
  });
});

describe("an answer", () => {
  const mixed = taskOf({
    rate: { type: "float", low: 1e-4, high: 1, scale: "log", default: 1e-2 },
    layers: { type: "int", low: 1, high: 12, default: 4 },
    width: { type: "int", low: 32, high: 1024, powers_of: 2, default: 128 },
    kind: { type: "categorical", choices: ["x", "y"], default: "x" },
  });
  const drawn = { rate: 0.5, layers: 9, width: 512, kind: "y" };
  const read = (values: object, action = "propose") => {
    const answer = { decisions: [{ candidate: 1, action, values, reason: "so" }] };
    return coercedAnswer(answer, mixed.space, drawn, mixed.start).decisions[0];
  };

  it.each([
    ["is clamped to the bounds", { rate: 7, layers: -3, width: 128 }, { rate: 1, layers: 1, width: 128, kind: "x" }],
    ["takes defaults for what is missing", { rate: 0.1 }, { rate: 0.1, layers: 4, width: 128, kind: "x" }],
    ["is cut off to whole numbers, on no grid", { layers: 8.9, width: 100.7 }, { layers: 8, width: 100 }],
    ["may have numbers as text", { rate: "0.25", layers: "8" }, { rate: 0.25, layers: 8 }],
    ["has the upper bound for what is not a number", { rate: "NaN" }, { rate: 1 }],
    ["leaves the candidate's choice for an unknown one", { kind: "z" }, { kind: "y" }],
  ])("%s", (_, values, expected) => {
    expect(read(values)).toMatchObject({ action: "propose", configuration: expected });
  });

  it.each([[{ layers: "8.5" }], [{ layers: Number.NaN }], [{ rate: "fast" }], [{ rate: [1] }]])(
    "is lost with %j",
    (values) => {
      expect(() => read(values)).toThrow("cannot be converted");
    },
  );

  it("is read strictly once repaired", async () => {
    const { advisor } = answering(() => ({
      decisions: [{ candidate: 1, action: "propose", values: { rate: 7, drop: 0.1 }, reason: "so" }],
    }));
    const repaired = "answers=strict,fallback=candidate";
    const refused = await run(session(`published-centaur:${repaired}`, { advisor }), 12);
    expect(refused[11]).toMatchObject({ origin: "cma-es" });
    const clamped = await run(session("published-centaur", { advisor }), 12);
    expect(clamped[11]).toEqual({ origin: "stand-in", configuration: { rate: 1, drop: 0.1 } });
  });
});

describe("an advisor sees", () => {
  const asked = async (choice: string) => {
    const { advisor, requests } = answering(() => ({
      decisions: [{ candidate: 1, action: "accept", reason: "fine" }],
    }));
    const on = session(choice, { advisor });
    await on.begin(smooth.start, value(2));
    const ran = await run(on, 20);
    return { requests, ran };
  };

  it("one sample and the step size as published, and what ran", async () => {
    const { requests, ran } = await asked("published-centaur");
    expect(requests.map(({ turn }) => turn)).toEqual([12, 15, 18]);
    const [first] = requests;
    expect(first?.candidates).toEqual([ran[11]?.configuration]);
    expect(Object.keys(first?.view ?? {})).toEqual(["optimizer", "generation", "told", "populationSize", "stepSize"]);
    expect(first?.view.stepSize?.initial).toBeCloseTo(1 / 6);
    expect(first?.evidence.trials).toHaveLength(20 + 1);
    expect(first?.sample(5)).toHaveLength(5);
  });

  it("the distribution once repaired", async () => {
    const { requests } = await asked("published-centaur:shown=distribution");
    const numeric = requests[0]?.view.numeric ?? [];
    expect(numeric.map(({ name }) => name)).toEqual(["rate", "drop"]);
    for (const { mean, low, high, deviation } of numeric) {
      expect(low).toBeLessThan(mean);
      expect(high).toBeGreaterThan(mean);
      expect(deviation).toBeGreaterThan(0);
    }
  });
});

describe("what CMA-ES learns", () => {
  const mean = (on: PublishedSession) => Array.from(on.cmaEs.distribution.gaussian?.mean ?? []);

  it("starts at the centre of the box as published, at the configuration in use once repaired", () => {
    expect(mean(session("published-centaur"))).toEqual([0.5, 0.5]);
    const [rate = 0, drop = 0] = mean(session("published-centaur:start=default"));
    expect([rate, drop]).toEqual([expect.closeTo(0.5), expect.closeTo(0.9)]);
  });

  it("has the result of the configuration in use once repaired", async () => {
    const generations = [];
    for (const choice of ["published-centaur", "published-centaur:tellDefault=true"]) {
      const on = session(choice);
      await on.begin(smooth.start, value(0));
      await run(on, 5);
      await on.ask();
      generations.push(on.cmaEs.generation);
    }
    expect(generations).toEqual([0, 1]);
  });

  it("is nothing from trials that end after their generation", async () => {
    const on = session("published-centaur");
    const first = await Promise.all(Array.from({ length: 12 }, () => on.ask()));
    for (const [k, proposed] of first.entries()) await on.tell(proposed, value(k));
    await on.ask();
    expect(on.cmaEs.generation).toBe(1);
    const late = mean(on);
    await run(on, 5);
    await on.ask();
    expect(on.cmaEs.generation).toBe(1);
    expect(mean(on)).toEqual(late);
  });

  it("is blown up by advice from afar as published, and not once clipped", async () => {
    const steps = [];
    for (const choice of ["first=1", "first=1,injection=clipped"]) {
      const { advisor } = answering(() => ({
        decisions: [{ candidate: 1, action: "propose", values: { rate: 1, drop: 0 }, reason: "far" }],
      }));
      const on = session(`published-centaur:${choice}`, { advisor });
      // Converge at the centre on the own samples, and praise the far corner from then on.
      let praised = false;
      let narrow = 0;
      for (let k = 0; k < 130; k++) {
        const next = await on.ask();
        const rate = Math.log10(Number(next.configuration["rate"])) + 2;
        const drop = Number(next.configuration["drop"]) - 0.5;
        const far = next.origin !== "cma-es";
        await on.tell(next, value(far ? (praised ? -1 : 1000) : rate ** 2 + drop ** 2));
        if (k === 100) {
          praised = true;
          narrow = on.cmaEs.distribution.gaussian?.stepSize ?? 0;
        }
      }
      steps.push((on.cmaEs.distribution.gaussian?.stepSize ?? 0) / narrow);
    }
    const [published = 0, clipped = 0] = steps;
    expect(published).toBeGreaterThan(2 * clipped);
  });

  it("has a direction where everything fails as published, and looks further afield once failures are ranked", async () => {
    const growth = [];
    for (const choice of ["start=default", "start=default,failures=ranked"]) {
      const on = session(`published-centaur:${choice}`);
      await on.begin(smooth.start, value(0));
      const before = on.cmaEs.distribution.gaussian?.stepSize ?? 0;
      await run(on, 36, () => failed);
      await on.ask();
      growth.push((on.cmaEs.distribution.gaussian?.stepSize ?? 0) / before);
    }
    // Ranked, with no success of its own yet, it looks further afield at every generation.
    expect(growth[1]).toBeCloseTo(1.2 ** 6);
    expect(growth[0]).not.toBeCloseTo(1.2 ** 6);
  });

  it("is what ran once repaired: constraints and powers included", async () => {
    const task = taskOf(
      {
        batch: { type: "int", low: 8, high: 512, powers_of: 2, default: 64 },
        device: { type: "int", low: 8, high: 512, powers_of: 2, default: 8 },
      },
      ["device <= batch"],
    );
    for (const [choice, learned] of [
      ["published-centaur", { batch: 8, device: 512 }],
      ["published-centaur:encoding=told", undefined],
    ] as const) {
      const { advisor } = answering(() => ({
        decisions: [{ candidate: 1, action: "propose", values: { batch: 8, device: 512 }, reason: "broken" }],
      }));
      const on = session(choice, { task, advisor });
      const told: unknown[] = [];
      const original = on.cmaEs.tell.bind(on.cmaEs);
      on.cmaEs.tell = (result) => {
        told.push(Array.from(result.point.numeric));
        original(result);
      };
      const ran = await run(on, 12);
      const configuration = ran[11]?.configuration ?? {};
      expect(task.space.brokenConstraints(configuration)).toEqual([]);
      const { batch, device } = learned ?? configuration;
      const position = (x: unknown): number =>
        learned
          ? (Math.log(Number(x)) - Math.log(7.5)) / (Math.log(512.5) - Math.log(7.5))
          : (Math.log2(Number(x)) - 2.5) / 7;
      const point = told[11];
      expect(point).toEqual([expect.closeTo(position(batch), 9), expect.closeTo(position(device), 9)]);
    }
  });
});

describe("a candidate set", () => {
  it("has the result of a row told for what was asked as published, and for the row once repaired", async () => {
    for (const [choice, expected] of [
      ["published-centaur", undefined],
      ["published-centaur:encoding=told", [0.75, 0.25]],
    ] as const) {
      const on = session(choice);
      let told: readonly number[] = [];
      on.cmaEs.tell = ({ point }) => {
        told = Array.from(point.numeric);
      };
      const asked = await on.ask();
      const rate = Math.log10(Number(asked.configuration["rate"])) / 4 + 1;
      const row = { configuration: { rate: 0.1, drop: 0.25 }, origin: "cma-es-nearest-row", insteadOf: asked };
      await on.tell(row, value(1));
      const [first, second] = expected ?? [rate, Number(asked.configuration["drop"])];
      expect(told).toEqual([expect.closeTo(first), expect.closeTo(second)]);
    }
  });
});

describe("choices", () => {
  const task = taskOf({
    kind: { type: "categorical", choices: ["a", "b", "c", "d"], default: "d" },
    rate: { type: "float", low: 0, high: 1, default: 0.5 },
  });
  const observe = (configuration: object) => value("kind" in configuration && configuration.kind === "a" ? 0 : 1);
  const lastShare = async (choice: string) => {
    const ran = await run(session(choice, { task }), 150, observe);
    return ran.slice(-50).filter(({ configuration }) => configuration["kind"] === "a").length / 50;
  };

  it("are drawn uniformly for ever as published, and learned once repaired", async () => {
    const uniform = await lastShare("published-centaur");
    expect(uniform).toBeGreaterThan(0.05);
    expect(uniform).toBeLessThan(0.45);
    expect(await lastShare("published-centaur:categoricals=learned")).toBeGreaterThan(0.5);
  });

  it("may be all there is", async () => {
    const only = taskOf({ kind: { type: "categorical", choices: ["a", "b", "c"], default: "c" } });
    for (const choice of ["published-centaur", "published-centaur:categoricals=learned,failures=ranked"]) {
      const ran = await run(session(choice, { task: only }), 30, () => failed);
      expect(new Set(ran.map(({ configuration }) => configuration["kind"])).size).toBeGreaterThan(1);
    }
  });
});

describe("a run", () => {
  const repaired = ladder.findLast(({ method }) => isPublishedCentaur(method("rules")));

  it.each([
    ["the optimizer alone", "published-centaur"],
    ["the published system", "published-centaur+rules@0.3"],
    ["the repaired one", repaired?.method("rules") ?? ""],
  ])("of %s asks only for what a task can run, the same with the same seed, several at once too", async (_, name) => {
    const method = publishedCentaurMethod(name);
    for (const own of ["divisible", "optimizer-choice"]) {
      const task = ownTasks.find((each) => each.name === `own/${own}`)?.load();
      if (task === undefined) throw new Error(`no ${own}`);
      const checked: Benchmark = {
        ...task,
        known: { best: 0, bestOf25: 1 },
        evaluate(configuration, seed) {
          expect(task.space.read(configuration)).toEqual({ ok: true, configuration });
          return task.evaluate(configuration, seed);
        },
      };
      for (const workers of [1, 4]) {
        const job = { task: task.name, method: name, seed: 1, trials: 30, workers };
        const first = await runJob(job, checked, method);
        expect(first.done.trials).toBe(30);
        expect((await runJob(job, checked, method)).trace).toEqual(first.trace);
      }
    }
  });
});

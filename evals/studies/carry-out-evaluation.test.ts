import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InProcessExecutor } from "../../src/executors/index.js";
import { ModelCallError, type ModelProvider } from "../../src/llm/index.js";
import type { Configuration } from "../../src/space/index.js";
import { Store } from "../../src/store/index.js";
import { storedDefinition } from "../../src/study/stored-definition.js";
import { carryOutEvaluation, type EvaluationAtWork } from "./carry-out-evaluation.js";
import type { Evaluation } from "./document.js";
import { keepResults } from "./keep-results.js";
import { planStudies, type StudiesChoice, type StudiesPlan, storeOf } from "./plan.js";

const env = { PATH: process.env["PATH"], OPENAI_API_KEY: "sk-test" };
const model = "openai:gpt-5.1";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-eval-"));
  cpSync(join(import.meta.dirname, "..", "..", "tests", "fixtures", "toy"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function edit(from: string, to: string): void {
  const file = join(folder, "agent-tune.yaml");
  const before = readFileSync(file, "utf8");
  expect(before).toContain(from);
  writeFileSync(file, before.replace(from, to));
}

function planned(choice: Partial<StudiesChoice> = {}): Promise<StudiesPlan> {
  const path = join(folder, "agent-tune.yaml");
  return planStudies(
    { path, text: readFileSync(path, "utf8"), advisors: ["none", "rules"], trials: 5, seeds: 2, ...choice },
    join(folder, ".agent-tune"),
    env,
  );
}

/** The loss of the fixture's script, counted, within this process. */
function machine(ran: string[], parallel = 1): { machine: InProcessExecutor; slots: number } {
  const objective = ({ lr, width }: Configuration, { seed }: { readonly seed: number }): number => {
    ran.push(`${String(lr)} ${String(width)} ${seed}`);
    const noise = ((seed % 1000) / 1000 - 0.5) * 0.02;
    return 2 + (Math.log10(Number(lr)) + 2) ** 2 + 0.3 * (Math.log2(Number(width)) - 7) ** 2 + noise;
  };
  const settings = { objective: { metric: "loss", direction: "minimize" as const, pick: "last" as const } };
  return { machine: new InProcessExecutor({ objective, settings, parallel }), slots: 1 };
}

interface Carried {
  readonly evaluation: Evaluation | undefined;
  readonly lines: readonly string[];
  /** What ran, one entry a run. */
  readonly ran: readonly string[];
}

async function carry(
  plan: StudiesPlan,
  options: {
    readonly provider?: ModelProvider;
    readonly workers?: number;
    readonly begun?: (work: EvaluationAtWork) => void;
  } = {},
): Promise<Carried> {
  const lines: string[] = [];
  const ran: string[] = [];
  let marks = 0;
  const { workers = 1, provider, begun = () => {} } = options;
  const evaluation = await carryOutEvaluation(
    plan,
    {
      surroundings: {
        env,
        holder: { pid: process.pid, host: "test" },
        nonce: () => `mark-${marks++}`,
        ...(provider === undefined ? {} : { provider }),
      },
      workers,
      tell: (line) => lines.push(line),
      machine: machine(ran, workers),
    },
    begun,
  );
  return { evaluation, lines, ran };
}

/** Everything but how long it took. */
function timeless(evaluation: Evaluation | undefined): unknown {
  return JSON.parse(JSON.stringify(evaluation, (key, value: unknown) => (key === "seconds" ? null : value)));
}

/** A model that knows where the optimum lies, and what each answer costs. */
function knowing(output = 100): ModelProvider & { calls: number } {
  return {
    provider: "openai",
    model: "gpt-5.1",
    calls: 0,
    async call() {
      this.calls++;
      const values = { lr: 0.01 * 1.01 ** this.calls, width: 128 };
      const said = {
        note: null,
        decisions: [{ candidate: 1, action: "propose", values, reason: "known", expected: null }],
      };
      return {
        text: JSON.stringify(said),
        output: said,
        toolCalls: [],
        usage: { input: 1000, cacheRead: 0, cacheWrite: 0, output },
        model: "gpt-5.1",
      };
    },
  };
}

describe("an evaluation", () => {
  it("scores each study by its answer on fresh seeds, the same for all arms, and pairs them by seed", async () => {
    const { evaluation } = await carry(await planned());
    const { studies, contrasts, arms } = evaluation ?? { studies: [], contrasts: [], arms: [] };
    expect(studies.map(({ arm, seed }) => [arm, seed])).toEqual([
      ["cma-es", 1],
      ["cma-es+rules", 1],
      ["cma-es", 2],
      ["cma-es+rules", 2],
    ]);
    for (const { seed, fresh, value, scoredBy, trials } of studies) {
      expect(scoredBy).toBe("fresh");
      expect(fresh?.seeds).toEqual(studies.find((each) => each.seed === seed)?.fresh?.seeds);
      expect(value).toBeCloseTo(((fresh?.values[0] ?? 0) + (fresh?.values[1] ?? 0)) / 2, 12);
      expect(trials.search + trials.replicate).toBe(5);
    }
    const [contrast] = contrasts;
    const value = (arm: string, seed: number) =>
      studies.find((study) => study.arm === arm && study.seed === seed)?.value ?? Number.NaN;
    const gains = [1, 2].map((seed) => value("cma-es", seed) - value("cma-es+rules", seed));
    expect(contrast).toMatchObject({ arm: "cma-es+rules", reference: "cma-es", pairs: 2, verdict: "undecided" });
    expect(contrast?.difference?.mean).toBeCloseTo(((gains[0] ?? 0) + (gains[1] ?? 0)) / 2, 12);
    expect(contrast?.sentence).toContain("2 seeds cannot show one at 5 %, 6 can");
    expect(arms.map(({ curve }) => curve.map(({ after }) => after))).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
  });

  it("pays once for what arms have in common: the same configuration on the same seed runs once", async () => {
    const { ran, evaluation } = await carry(await planned());
    expect(new Set(ran).size).toBe(ran.length);
    const trials = evaluation?.studies.map(({ trials }) => trials.search + trials.replicate + trials.final) ?? [];
    // The default of each seed, and its two final runs, at least.
    expect(ran.length).toBeLessThanOrEqual(trials.reduce((sum, each) => sum + each, 0) - 2 * 3);
  });

  it("pays for everything where time is the budget, so that no arm has more of it", async () => {
    edit("budget: { trials: 12 }", "budget: { trials: 12, time: 1h }");
    const { ran } = await carry(await planned());
    expect(ran.filter((run, k) => ran.indexOf(run) < k).length).toBeGreaterThanOrEqual(2 * 3);
  });

  it("is the same whether studies run one after the other or side by side", async () => {
    const plan = await planned();
    const { evaluation } = await carry(plan);
    rmSync(plan.folder, { recursive: true });
    const { evaluation: other, lines } = await carry(plan, { workers: 3 });
    expect(timeless(other)).toEqual(timeless(evaluation));
    expect(lines.join("\n")).not.toContain("has room for");
  });

  it("goes on where it was interrupted, and then says what it would have said", async () => {
    const plan = await planned();
    const { evaluation: undisturbed } = await carry(plan);
    rmSync(plan.folder, { recursive: true });
    let ended = 0;
    const interrupted = await carry(plan, {
      begun: (work) =>
        work.subscribe((_, event) => {
          if (event.type === "trial.finished" && ++ended === 13) work.interrupt("a test");
        }),
    });
    expect(interrupted.evaluation).toBeUndefined();
    const { evaluation, lines, ran } = await carry(plan);
    expect(timeless(evaluation)).toEqual(timeless(undisturbed));
    expect(lines[0]).toMatch(/^going on: 1 study of it finished, 1 begun/);
    expect(ran.length + interrupted.ran.length).toBeLessThanOrEqual(13 + 18);
    // Finished: read again, and nothing runs.
    const again = await carry(plan);
    expect(again.ran).toEqual([]);
    expect(again.evaluation).toEqual(evaluation);
  });

  it("takes more seeds and arms in the same place, and says that it was looked at before", async () => {
    const first = await planned({ seeds: 1 });
    const { evaluation } = await carry(first);
    expect(evaluation).toBeDefined();
    if (evaluation !== undefined) keepResults(first.folder, evaluation, "agent-tune eval");
    const more = await planned({ seeds: 2, advisors: ["none", "rules"], optimizers: ["cma-es", "random"] });
    expect(more.folder).toBe(first.folder);
    const { evaluation: grown, lines } = await carry(more);
    expect(lines[0]).toMatch(/^going on: 2 studies of it finished/);
    expect(grown?.notes).toContainEqual(expect.stringMatching(/^There was an answer for 1 seed before 2 were run/));
    expect((await planned({ trials: 6 })).folder).not.toBe(first.folder);
    edit("high: 1,", "high: 0.9,");
    expect((await planned()).folder).not.toBe(first.folder);
  });

  it("refuses a study that was given more by hand", async () => {
    const plan = await planned({ seeds: 1 });
    await carry(plan);
    const store = Store.open(storeOf(plan));
    const record = store.study(plan.jobs[0]?.id ?? "");
    const stored = storedDefinition(record);
    if (stored.from !== "file") throw new Error("of a file");
    store.updateStudy({ ...record, definition: { ...stored, overrides: { ...stored.overrides, trials: 9 } } });
    store.close();
    await expect(carry(plan)).rejects.toMatchObject({ code: "study_changed" });
  });

  it("maximises as well", async () => {
    edit("direction: minimize", "direction: maximize");
    const { evaluation } = await carry(await planned());
    for (const { gain, value, default: fallback } of evaluation?.studies ?? [])
      expect(gain).toBeCloseTo((value ?? 0) - (fallback ?? 0), 12);
  });

  it("counts an estimate where no final runs are wanted, and says so", async () => {
    edit("final_seeds: 2", "final_seeds: 0");
    const { evaluation } = await carry(await planned());
    expect(evaluation?.studies.map(({ scoredBy }) => scoredBy)).toEqual([
      "estimate",
      "estimate",
      "estimate",
      "estimate",
    ]);
    expect(evaluation?.notes).toContainEqual(expect.stringContaining("noise.final_seeds"));
  });
});

describe("a model in an evaluation", () => {
  const advisors = ["none", model];

  it("is found to help where it does, with what it cost", async () => {
    edit("noise: { final_seeds: 2 }", "noise: { replicates: off, final_seeds: 1 }");
    const plan = await planned({ advisors, seeds: 6, share: 0.5 });
    const { evaluation } = await carry(plan, { provider: knowing() });
    expect(evaluation?.contrasts).toMatchObject([
      { arm: `cma-es+${model}@0.5`, reference: "cma-es", verdict: "better", better: 6, p: 0.03125 },
    ]);
    expect(evaluation?.contrasts[0]?.sentence).toMatch(
      /^cma-es\+openai:gpt-5\.1@0\.5 is better than cma-es in loss by \d.* \(95 % \d.*\): better with 6 of 6 seeds, p = 0\.031\.$/,
    );
    const [alone, helped] = evaluation?.arms ?? [];
    expect(alone).toMatchObject({ advice: null, cost: { calls: 0, tokens: 0, usd: 0 } });
    // Of 4 turns after the default the model has 2.
    expect(helped).toMatchObject({
      advice: { turns: 12, failed: 0 },
      cost: { calls: 12, tokens: 12 * 1100 },
      answers: { llm: 6 },
    });
    expect(helped?.cost.usd).toBeCloseTo((12 * (1000 * 1.25 + 100 * 10)) / 1e6, 12);
  });

  it("never costs more than the evaluation may, and no study has to go without because of an earlier one", async () => {
    const maxCost = 0.3;
    const plan = await planned({ advisors, trials: 8, share: 1, seeds: 3, maxCost });
    const { evaluation } = await carry(plan, { provider: knowing(3000), workers: 2 });
    const store = Store.open(storeOf(plan), { readonly: true });
    let spent = 0;
    for (const { id } of store.studies()) spent += store.spendTotals(id).settled.cost;
    store.close();
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThanOrEqual(maxCost);
    const helped = evaluation?.studies.filter(({ arm }) => arm !== "cma-es") ?? [];
    const calls = helped.map(({ cost }) => cost.calls);
    expect(Math.min(...calls)).toBeGreaterThan(0);
    expect(evaluation?.notes).toContainEqual(
      expect.stringMatching(/gave no answer in \d+ of \d+ turns \(cap_reached \d+\)/),
    );
  });

  it("that does not accept its key ends the evaluation with that message, and what is done stays", async () => {
    const refusing: ModelProvider = {
      provider: "openai",
      model: "gpt-5.1",
      async call() {
        throw new ModelCallError("auth", "the key is not valid", { status: 401 });
      },
    };
    const plan = await planned({ advisors, share: 1 });
    await expect(carry(plan, { provider: refusing })).rejects.toMatchObject({ code: "credentials_refused" });
    const { lines, evaluation } = await carry(plan, { provider: knowing() });
    expect(lines[0]).toMatch(/^going on: 1 study of it finished/);
    expect(evaluation?.arms[1]?.advice?.failed).toBe(0);
  });
});

describe("a plan", () => {
  it("has as few seeds as can show a difference where nothing is said, more for more comparisons", async () => {
    expect((await planned({ seeds: undefined })).seeds).toHaveLength(6);
    expect((await planned({ seeds: undefined, optimizers: ["cma-es", "tpe"] })).seeds).toHaveLength(7);
  });

  it("compares the optimizer alone with the file's own advisor where nothing is said", async () => {
    expect((await planned({ advisors: undefined })).arms.map(({ name }) => name)).toEqual(["cma-es", "cma-es+rules"]);
    edit("advisor: rules", "advisor: auto");
    const { arms } = await planned({ advisors: undefined });
    // Under its name, so that other keys another day do not make it another model.
    expect(arms.map(({ name }) => name)).toEqual(["cma-es", expect.stringMatching(/^cma-es\+openai:./)]);
  });

  it.each([
    ["nothing to compare", { advisors: ["none"] }, "usage", /nothing to compare cma-es with/],
    ["a name twice", { advisors: ["none", "none"] }, "usage", /none is named twice/],
    ["an empty name", { advisors: ["none", ""] }, "usage", /A name is empty/],
    ["an unknown advisor", { advisors: ["none", "oracle"] }, "model_unknown", /"oracle" is not the name of a model/],
    ["an unknown optimizer", { optimizers: ["cma-es", "adam"] }, "usage", /adam/],
    [
      "a cap on a model without a price",
      { advisors: ["none", "openai:new"], maxCost: 1 },
      "usage",
      /price of openai:new/,
    ],
    [
      "a key that is missing",
      { advisors: ["none", "anthropic:claude"] },
      "credentials_missing",
      /no key for Anthropic/,
    ],
  ] as const)("refuses %s before anything is made", async (_, choice, code, says) => {
    await expect(planned(choice)).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    expect(existsSync(join(folder, ".agent-tune"))).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../space/index.js";
import { carryOver } from "./carry-over.js";
import { optimizerFactories, optimizerFactory } from "./index.js";
import type { Evaluation, Optimizer, Told } from "./optimizer.js";

const lr: Parameter = { kind: "float", name: "lr", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 };
const depth: Parameter = { kind: "int", name: "depth", low: 1, high: 8, scale: "linear", default: 4 };
const warmup: Parameter = { kind: "float", name: "warmup", low: 0, high: 0.5, scale: "linear", default: 0.1 };

const from = SearchSpace.from({ parameters: [lr, depth], constraints: [], derived: [] });
const to = SearchSpace.from({ parameters: [lr, warmup], constraints: [], derived: [] });

const loss = ({ lr: rate }: Configuration) => Math.abs(Math.log10(Number(rate)) + 2);

function run(optimizer: Optimizer, trials: number): Told[] {
  return Array.from({ length: trials }, (): Told => {
    const { id, configuration } = optimizer.ask();
    const evaluation: Evaluation =
      Number(configuration["lr"]) > 0.05
        ? { kind: "failure", severity: 1, failure: "diverged" }
        : { kind: "value", value: loss(configuration) };
    optimizer.tell({ candidate: id, configuration, evaluation });
    return { candidate: id, configuration, evaluation };
  });
}

describe.each(optimizerFactories)("$name in another search space", { timeout: 60_000 }, (factory) => {
  it("goes on with what was told, and says how", () => {
    const optimizer = factory.create(from, { seed: 1, start: from.defaults() });
    const told = run(optimizer, 20);
    const {
      how,
      results,
      explanation,
      optimizer: carried,
    } = carryOver(factory, from, optimizer.state(), to, {
      seed: 2,
      start: to.defaults(),
      told,
    });
    expect(how).toBe(factory.name.endsWith("cma-es") ? "transferred" : "rebuilt");
    expect(explanation).toContain(factory.name);
    expect(results).toEqual({ told: 20, left: 0 });
    expect(carried.view().told).toBe(20);
    const copy = factory.restore(to, JSON.parse(JSON.stringify(carried.state())));
    const candidate = carried.ask();
    expect(copy.ask()).toEqual(candidate);
    expect(Object.keys(candidate.configuration)).toEqual(["lr", "warmup"]);
    run(carried, 10);
    expect(carried.view().told).toBe(30);
  });

  it("refuses a state of another space", () => {
    const state = factory.create(to, { seed: 1, start: to.defaults() }).state();
    expect(() => carryOver(factory, from, state, to, { seed: 2, start: to.defaults(), told: [] })).toThrow(
      expect.objectContaining({ code: "state_invalid" }),
    );
  });
});

describe("carryOver", () => {
  it("leaves out results with values that the new space has not", () => {
    const factory = optimizerFactory("tpe");
    const optimizer = factory.create(from, { seed: 1, start: from.defaults() });
    const told = [1e-2, 1e-4].map(
      (rate): Told => ({ configuration: { lr: rate, depth: 2 }, evaluation: { kind: "value", value: rate } }),
    );
    const narrow = SearchSpace.from({ parameters: [{ ...lr, high: 5e-3 }], constraints: [], derived: [] });
    const options = { seed: 2, start: narrow.defaults(), told };
    const carried = carryOver(factory, from, optimizer.state(), narrow, options);
    expect(carried.results).toEqual({ told: 1, left: 1 });
    expect(carried.optimizer.view().told).toBe(1);
  });

  it("keeps what is known about failures", () => {
    const factory = optimizerFactory("cma-es:screening=false");
    const optimizer = factory.create(from, { seed: 1, start: from.defaults() });
    const told: Told[] = [];
    for (let k = 0; k < 40; k++) {
      const rate = 10 ** (-5 + k / 10);
      const failed = rate > 3e-3;
      told.push({
        configuration: { lr: Number(rate.toPrecision(12)), depth: (k % 8) + 1 },
        evaluation: failed ? { kind: "failure", severity: 1, failure: "diverged" } : { kind: "value", value: 1 / rate },
      });
    }
    for (const each of told) optimizer.tell(each);
    const carried = carryOver(factory, from, optimizer.state(), to, { seed: 2, start: to.defaults(), told });
    const screened = Array.from({ length: 60 }, () => carried.optimizer.ask().screened).filter((each) => each);
    expect(screened.length).toBeGreaterThan(3);
  });
});

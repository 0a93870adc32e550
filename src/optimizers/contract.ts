import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../math/random.js";
import { type Configuration, type Parameter, SearchSpace, type SpaceDefinition } from "../space/index.js";
import type { Candidate, Evaluation, Optimizer, OptimizerFactory, OptimizerState, Told } from "./optimizer.js";

/**
 * What every optimizer must do, as a suite that each of them runs:
 *
 *     describeOptimizer(cmaEs);
 *
 * @param options.expensive whether asking takes milliseconds: then long runs ask less often and are told more
 */
export function describeOptimizer(factory: OptimizerFactory, options: { readonly expensive?: boolean } = {}): void {
  const { expensive = false } = options;
  // Models take their time, and machines are busy: the limit is there to end what hangs.
  describe(`${factory.name} keeps the contract of an optimizer`, { timeout: 180_000 }, () => {
    describe.each(Object.keys(spaces))("in a space that is %s", (title) => {
      const space = spaceNamed(title);

      it("asks only for canonical configurations that satisfy every constraint", () => {
        const optimizer = create(factory, space);
        for (let k = 0; k < 60; k++) {
          const candidate = optimizer.ask();
          expectProper(space, candidate.configuration);
          optimizer.tell(result(candidate, objective(space, candidate.configuration)));
        }
        for (const configuration of optimizer.sample(20, 1)) expectProper(space, configuration);
      });

      it("gives the same answers to the same calls, and others to another seed", () => {
        expect(history(create(factory, space, 5), space, 40)).toEqual(history(create(factory, space, 5), space, 40));
        if (space.size() > 100) {
          expect(history(create(factory, space, 6), space, 40)).not.toEqual(
            history(create(factory, space, 5), space, 40),
          );
        }
      });

      it("continues bit for bit from a state that went through JSON, whatever the step", () => {
        const original = create(factory, space, 7);
        let copy = create(factory, space, 7);
        const open: Candidate[] = [];
        for (let k = 0; k < 60; k++) {
          copy = restored(factory, space, copy);
          expect(copy.view()).toEqual(original.view());
          const candidate = original.ask();
          expect(copy.ask()).toEqual(candidate);
          open.push(candidate);
          copy = restored(factory, space, copy);
          // Two candidates are under way most of the time; some results come from elsewhere, some never come.
          const done = open.length > 2 ? open.shift() : undefined;
          if (!done) continue;
          const told = result(done, mixed(space, done, k));
          for (const optimizer of [original, copy]) {
            if (k % 7 === 6) optimizer.forget(done.id);
            else if (k % 5 === 4) optimizer.tell({ configuration: told.configuration, evaluation: told.evaluation });
            else optimizer.tell(told);
          }
          expect(JSON.stringify(copy.state())).toBe(JSON.stringify(original.state()));
        }
      });

      it("serves many parallel asks before any result, and results in any order", () => {
        const optimizer = create(factory, space);
        const candidates = Array.from({ length: 40 }, () => optimizer.ask());
        const ids = candidates.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
        for (const candidate of candidates.reverse()) {
          optimizer.tell(result(candidate, objective(space, candidate.configuration)));
        }
        expect(optimizer.view().told).toBe(40);
        expectProper(space, optimizer.ask().configuration);
      });

      it("does not change its state when it is sampled or viewed", () => {
        const optimizer = create(factory, space);
        const before = JSON.stringify(optimizer.state());
        expect(optimizer.sample(5, 3)).toEqual(optimizer.sample(5, 3));
        optimizer.view();
        expect(JSON.stringify(optimizer.state())).toBe(before);
      });

      it("survives a start at which everything fails, then learns", () => {
        const optimizer = create(factory, space);
        for (let k = 0; k < 50; k++) {
          const { id, configuration } = optimizer.ask();
          optimizer.tell({ candidate: id, configuration, evaluation: { kind: "failure", severity: k % 3 } });
        }
        expectSound(optimizer);
        for (let k = 0; k < 50; k++) {
          const candidate = optimizer.ask();
          expectProper(space, candidate.configuration);
          optimizer.tell(result(candidate, objective(space, candidate.configuration)));
        }
        expectSound(optimizer);
      });

      it("survives an objective that is the same everywhere", () => {
        const optimizer = create(factory, space);
        for (let k = 0; k < (expensive ? 80 : 600); k++) optimizer.tell(result(optimizer.ask(), 1));
        expectSound(optimizer);
        expectProper(space, optimizer.ask().configuration);
      });

      it("survives values at the limits of floating point", () => {
        const optimizer = create(factory, space);
        const extremes = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0, -0, 1e-300, 1e300];
        for (let k = 0; k < (expensive ? 50 : 200); k++) {
          optimizer.tell(result(optimizer.ask(), extremes[k % extremes.length] ?? 0));
        }
        expectSound(optimizer);
        expectProper(space, optimizer.ask().configuration);
      });

      it("takes results of configurations that it never proposed", () => {
        const optimizer = create(factory, space);
        const random = RandomStream.fromSeed(11);
        for (let k = 0; k < 60; k++) {
          const configuration = space.sample(random);
          optimizer.tell({ configuration, evaluation: { kind: "value", value: objective(space, configuration) } });
        }
        expect(optimizer.view().told).toBe(60);
        expectSound(optimizer);
        expectProper(space, optimizer.ask().configuration);
      });

      it("takes a result whose configuration was edited, and one whose candidate is unknown", () => {
        const optimizer = create(factory, space);
        const random = RandomStream.fromSeed(12);
        for (let k = 0; k < 40; k++) {
          const { id } = optimizer.ask();
          const configuration = space.sample(random);
          const candidate = k % 2 === 0 ? id : id + 1_000_000;
          optimizer.tell({
            candidate,
            configuration,
            evaluation: { kind: "value", value: objective(space, configuration) },
          });
        }
        expect(optimizer.view().told).toBe(40);
        expectSound(optimizer);
      });
    });

    it("forgets candidates that will have no result", () => {
      const space = spaceNamed("mixed");
      const optimizer = create(factory, space);
      const settle = () => {
        for (let k = 0; k < 30; k++) {
          const candidate = optimizer.ask();
          optimizer.tell(result(candidate, objective(space, candidate.configuration)));
        }
      };
      settle();
      const before = JSON.stringify(optimizer.state()).length;
      for (let k = 0; k < 200; k++) optimizer.forget(optimizer.ask().id);
      optimizer.forget(123_456);
      // Nothing is left of them but counters and, at most, what keeps them from being repeated.
      expect(JSON.stringify(optimizer.state()).length).toBeLessThan(before + 200 * 12);
      settle();
      expectSound(optimizer);
    });

    it("has a state of bounded size, however many results", () => {
      const space = spaceNamed("continuous");
      const optimizer = create(factory, space);
      const random = RandomStream.fromSeed(13);
      for (let k = 1; k <= 10_000; k++) {
        const asked = !expensive || k % 500 === 0;
        const candidate = asked ? optimizer.ask() : { id: -1, configuration: space.sample(random) };
        optimizer.tell(result(candidate, mixed(space, candidate, k)));
        // 2,000 results of nine numbers each may be kept (told-results.ts).
        if (k % 2000 === 0) expect(JSON.stringify(optimizer.state()).length).toBeLessThan(300_000);
      }
      expect(optimizer.view().told).toBe(10_000);
      expectSound(optimizer);
    });

    it("repeats no configuration of a small space while others are left", () => {
      const space = spaceNamed("categorical");
      const optimizer = create(factory, space);
      const keys = Array.from({ length: 8 }, () => {
        const candidate = optimizer.ask();
        optimizer.tell(result(candidate, objective(space, candidate.configuration)));
        return space.key(candidate.configuration);
      });
      expect(new Set(keys).size).toBeGreaterThanOrEqual(7);
    });

    it("refuses values and severities that are not finite", () => {
      const optimizer = create(factory, spaceNamed("mixed"));
      const told: Evaluation[] = [
        { kind: "value", value: Number.NaN },
        { kind: "value", value: Number.POSITIVE_INFINITY },
        { kind: "failure", severity: Number.NaN },
      ];
      for (const evaluation of told) {
        expect(() => optimizer.tell({ configuration: optimizer.ask().configuration, evaluation })).toThrow(/was told/);
      }
      expect(optimizer.view().told).toBe(0);
    });

    it("refuses a state of another kind, version, shape or space", () => {
      const space = spaceNamed("mixed");
      const state = create(factory, space).state();
      const refuses = (changed: OptimizerState, of: SearchSpace = space) =>
        expect(() => factory.restore(of, changed)).toThrow(expect.objectContaining({ code: "state_invalid" }));
      refuses({ ...state, kind: "another" });
      refuses({ ...state, version: state.version + 1 });
      refuses({ ...state, data: { nothing: "known" } });
      refuses({ ...state, data: null });
      refuses(state, spaceNamed("continuous"));
      const parameters = space.parameters.map((parameter) =>
        parameter.kind === "float" ? { ...parameter, high: 2 * parameter.high } : parameter,
      );
      refuses(state, SearchSpace.from({ ...space.definition, parameters }));
      expect(factory.restore(space, state).state()).toEqual(state);
    });
  });
}

const float = (name: string, low: number, high: number): Parameter => ({
  kind: "float",
  name,
  low,
  high,
  scale: "linear",
  default: low + 0.3 * (high - low),
});

/** The spaces that every optimizer must cope with. */
const spaces: Readonly<Record<string, SpaceDefinition>> = {
  continuous: {
    parameters: [
      { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      float("momentum", 0, 1),
      float("shift", -3, 5),
    ],
    constraints: [],
    derived: [],
  },
  "one parameter": { parameters: [float("x", 0, 1)], constraints: [], derived: [] },
  "one switch": { parameters: [{ kind: "boolean", name: "on", default: false }], constraints: [], derived: [] },
  "one binary number": {
    parameters: [{ kind: "int", name: "layers", low: 1, high: 2, scale: "linear", default: 1 }],
    constraints: [],
    derived: [],
  },
  "forty parameters": {
    parameters: Array.from(
      { length: 40 },
      (_, i): Parameter =>
        i % 4 === 3
          ? { kind: "int", name: `k${i}`, low: 0, high: 20, scale: "linear", default: 5 }
          : float(`x${i}`, -1, 1),
    ),
    constraints: [],
    derived: [],
  },
  "a hundred parameters": {
    parameters: Array.from({ length: 100 }, (_, i): Parameter => float(`x${i}`, -1, 1)),
    constraints: [],
    derived: [],
  },
  categorical: {
    parameters: [
      { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "gelu" },
      { kind: "categorical", name: "heads", choices: [1, 2, 4, 8], default: 2 },
      { kind: "boolean", name: "bias", default: true },
    ],
    constraints: [],
    derived: [],
  },
  discrete: {
    parameters: [
      { kind: "int", name: "width", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
      { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
      { kind: "float", name: "dropout", low: 0, high: 0.5, scale: "linear", step: 0.1, default: 0 },
    ],
    constraints: [],
    derived: [],
  },
  mixed: {
    parameters: [
      { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      float("decay", 0, 0.3),
      { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
      { kind: "int", name: "context", low: 32, high: 4096, scale: "log", default: 128 },
      { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "gelu" },
    ],
    constraints: [],
    derived: [],
  },
  conditional: {
    parameters: [
      { kind: "categorical", name: "optimizer", choices: ["sgd", "adam"], default: "adam" },
      {
        kind: "float",
        name: "momentum",
        low: 0,
        high: 0.99,
        scale: "linear",
        default: 0.9,
        when: "optimizer == 'sgd'",
      },
      {
        kind: "float",
        name: "beta2",
        low: 0.9,
        high: 0.999,
        scale: "linear",
        default: 0.99,
        when: "optimizer == 'adam'",
      },
      { kind: "boolean", name: "nesterov", default: false, when: "optimizer == 'sgd'" },
      { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
    ],
    constraints: [],
    derived: [],
  },
  constrained: {
    parameters: [
      { kind: "int", name: "total", low: 8, high: 512, scale: "linear", step: 8, default: 64 },
      { kind: "int", name: "device", low: 1, high: 64, scale: "log", powersOf: 2, default: 8 },
      float("x", 0, 1),
      float("y", 0, 1),
    ],
    constraints: ["total % (device * 4) == 0", "x + y <= 1"],
    derived: [],
  },
};

function spaceNamed(title: string): SearchSpace {
  const definition = spaces[title];
  if (!definition) throw new Error(`no space named ${title}`);
  return SearchSpace.from(definition);
}

function create(factory: OptimizerFactory, space: SearchSpace, seed = 1): Optimizer {
  return factory.create(space, { seed, start: space.defaults() });
}

function restored(factory: OptimizerFactory, space: SearchSpace, optimizer: Optimizer): Optimizer {
  const state: OptimizerState = JSON.parse(JSON.stringify(optimizer.state()));
  return factory.restore(space, state);
}

/** Squared distance from a point off the centre, in encoded units; wrong choices cost one each. */
function objective(space: SearchSpace, configuration: Configuration): number {
  const { numeric, categorical } = space.encode(configuration);
  return (
    numeric.reduce((sum, u) => sum + (u - 0.6) ** 2, 0) + categorical.reduce((sum, c) => sum + (c === 0 ? 0 : 1), 0)
  );
}

/** Values and failures, decided by the step alone. */
function mixed(space: SearchSpace, { configuration }: Candidate, step: number): number | undefined {
  return deriveSeed(step) % 4 === 0 ? undefined : objective(space, configuration);
}

/** @param value undefined for a failure */
function result({ id, configuration }: Candidate, value: number | undefined): Told {
  const evaluation: Evaluation = value === undefined ? { kind: "failure", severity: 1 } : { kind: "value", value };
  return { candidate: id, configuration, evaluation };
}

function history(optimizer: Optimizer, space: SearchSpace, steps: number): Configuration[] {
  return Array.from({ length: steps }, () => {
    const candidate = optimizer.ask();
    optimizer.tell(result(candidate, objective(space, candidate.configuration)));
    return candidate.configuration;
  });
}

function expectProper(space: SearchSpace, configuration: Configuration): void {
  expect(space.brokenConstraints(configuration)).toEqual([]);
  expect(space.read(configuration)).toEqual({ ok: true, configuration });
}

/** Nothing in what is shown or saved is NaN, infinite or outside its range. */
function expectSound(optimizer: Optimizer): void {
  const view = optimizer.view();
  for (const { low, mean, high, deviation } of view.numeric ?? []) {
    expect(low).toBeLessThanOrEqual(mean);
    expect(high).toBeGreaterThanOrEqual(mean);
    expect(deviation).toBeGreaterThanOrEqual(0);
    expect(deviation).toBeLessThan(2);
  }
  for (const { probabilities } of view.categorical ?? []) {
    expect(probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  }
  // JSON writes what is not finite as null; there is no other null in a state.
  expect(JSON.stringify([view, optimizer.state()])).not.toContain("null");
}

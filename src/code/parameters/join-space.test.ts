import { describe, expect, it } from "vitest";
import type { ParameterFields, SpaceDefinition } from "../../space/index.js";
import { trialSettingsSchema } from "../../trials/index.js";
import { type JoinedSpace, joinSpace } from "./join-space.js";
import { passingOf } from "./passing.js";

const parent: SpaceDefinition = {
  parameters: [
    { kind: "float", name: "lr", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
    { kind: "int", name: "width", low: 16, high: 256, scale: "log", powersOf: 2, default: 64 },
    { kind: "int", name: "heads", low: 1, high: 16, scale: "log", powersOf: 2, default: 4 },
    { kind: "categorical", name: "opt", choices: ["sgd", "adam"], default: "adam" },
    { kind: "float", name: "momentum", low: 0, high: 1, scale: "linear", default: 0.9, when: "opt == 'sgd'" },
  ],
  constraints: ["heads <= width"],
  derived: [{ name: "head_dim", formula: "width / heads" }],
};

const warmup: ParameterFields = { type: "float", low: 0, high: 0.5, default: 0 };

function problemsOf(joined: JoinedSpace): readonly string[] {
  return joined.ok ? [] : joined.problems;
}

describe("joinSpace", () => {
  it("adds what is declared at the end and leaves out what is removed", () => {
    const joined = joinSpace(parent, { warmup, bias: { type: "boolean", default: true } }, ["lr"]);
    expect(joined.ok && joined.space.parameters.map(({ name }) => name)).toEqual([
      ...["width", "heads", "opt", "momentum"],
      ...["warmup", "bias"],
    ]);
    expect(joined.ok && joined.space).toMatchObject({ constraints: parent.constraints, derived: parent.derived });
  });

  it("gives a parameter that is removed and declared its new range, where it stands and with all that mentions it", () => {
    const wider: ParameterFields = { type: "int", low: 8, high: 1024, powers_of: 2, default: 64 };
    const joined = joinSpace(parent, { width: wider }, ["width"]);
    expect(joined.ok && joined.space.parameters[1]).toMatchObject({ name: "width", low: 8, high: 1024 });
    expect(joined.ok && joined.space.parameters).toHaveLength(5);
  });

  it.each<[string, Record<string, ParameterFields>, string[], RegExp]>([
    ["a name that exists", { lr: warmup }, [], /^The parameter lr exists already/],
    ["the name of a derived quantity", { head_dim: warmup }, [], /the name is already that of a/],
    ["no default", { warmup: { type: "float", low: 0, high: 1 } }, [], /^The declared parameter warmup has no default/],
    ["a default out of range", { warmup: { ...warmup, default: 2 } }, [], /the default 2 lies outside 0 to 0.5/],
    ["no name", { "warm up": warmup }, [], /this is not a name/],
    ["a condition on nothing", { warmup: { ...warmup, when: "scheduler == 'cosine'" } }, [], /scheduler/],
    ["an unknown removal", {}, ["widht"], /widht cannot be removed.*did you mean 'width'\?/],
    ["a removal that a constraint needs", {}, ["heads"], /heads cannot be removed: the constraint 'heads <= width'/],
    ["a removal that a derived quantity needs", {}, ["heads"], /the derived quantity head_dim = 'width \/ heads'/],
    ["a removal that a condition needs", {}, ["opt"], /opt cannot be removed: momentum is active where/],
  ])("refuses %s", (_what, declares, removes, message) => {
    expect(problemsOf(joinSpace(parent, declares, removes))).toContainEqual(expect.stringMatching(message));
  });

  it("says each problem once, and all of them", () => {
    const problems = problemsOf(joinSpace(parent, { lr: warmup, warmup: { ...warmup, default: 2 } }, ["heads"]));
    expect(problems).toHaveLength(4);
  });

  it("refuses more than eight parameters in one edit, and an empty space", () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, k) => [`p${k}`, warmup]));
    expect(problemsOf(joinSpace(parent, many, []))).toEqual([
      "An edit declares at most 8 parameters; this one declares 9.",
    ]);
    const alone: SpaceDefinition = { parameters: parent.parameters.slice(0, 1), constraints: [], derived: [] };
    expect(problemsOf(joinSpace(alone, {}, ["lr"]))).toContainEqual(expect.stringContaining("nothing to tune"));
  });
});

describe("names that the way of passing cannot carry", () => {
  const refused = (given: Record<string, unknown>, name: string) => {
    const objective = { metric: "loss", direction: "minimize" };
    const passing = passingOf(trialSettingsSchema.parse({ command: "python train.py", objective, ...given }));
    return problemsOf(joinSpace(parent, { [name]: warmup }, [], passing));
  };

  it.each([
    ["an argument that the command has", { command: "python train.py --epochs 3 --lr={lr}" }, "epochs", "--epochs"],
    ["the argument of the seed", { pass: { seed: { argument: "--rng" } } }, "rng", "the seed of a run"],
    ["a placeholder with a meaning of its own", {}, "folder", "{folder}"],
    ["a dot in an environment variable", { pass: { parameters: "environment" } }, "optim.eps", "letters, digits and _"],
    ["a variable that the loader reads", { pass: { parameters: "environment" } }, "LD_PRELOAD", "in use"],
    ["a variable that is given", { pass: { parameters: "environment" }, env: { MODE: "x" } }, "MODE", "in use"],
    [
      "what is no constant",
      { command: "python train.py", pass: { parameters: { to: "constants", source: "train.py" } } },
      "a.b.c",
      "Class.field",
    ],
  ])("%s", (_what, given, name, message) => {
    expect(refused(given, name)).toEqual([expect.stringContaining(message)]);
    expect(refused(given, "warmup")).toEqual([]);
  });
});

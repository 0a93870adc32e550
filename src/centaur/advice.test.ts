import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SearchSpace } from "../space/index.js";
import { type Advice, AdviceProblems, adviceJsonSchema, noteLimit, readAdvice } from "./advice.js";

const space = SearchSpace.from({
  parameters: [
    { name: "lr", kind: "float", low: 1e-4, high: 1, scale: "log", default: 0.01 },
    { name: "width", kind: "int", low: 16, high: 512, scale: "log", powersOf: 2, default: 64 },
    { name: "optimizer", kind: "categorical", choices: ["adam", "sgd"], default: "adam" },
    { name: "momentum", kind: "float", low: 0, high: 1, scale: "linear", default: 0.9, when: "optimizer == 'sgd'" },
    { name: "n", kind: "int", low: 1, high: 9, scale: "linear", default: 2 },
    { name: "bias", kind: "boolean", default: true },
  ],
  constraints: ["n * width <= 1024"],
  derived: [],
});
const candidate = space.defaults();
const sgd = { ...candidate, optimizer: "sgd", momentum: 0.5 };

/** A decision as it comes over the wire, complete. */
const decision = (action: string, values: unknown = null, more: object = {}): object => ({
  candidate: 1,
  action,
  values,
  reason: "because",
  expected: null,
  ...more,
});
const read = (decisions: readonly unknown[], changes = 1, candidates = [candidate]): Advice =>
  readAdvice({ decisions, note: null }, space, candidates, changes);

function problemsOf(answer: () => unknown): readonly string[] {
  try {
    answer();
  } catch (error) {
    if (error instanceof AdviceProblems) return error.problems;
    throw error;
  }
  return [];
}

describe("a proposal", () => {
  it("is a whole configuration; null means inactive", () => {
    const values = { lr: 0.1, width: 128, optimizer: "adam", momentum: null, n: 3, bias: false };
    expect(read([decision("propose", values, { expected: 1.25 })])).toEqual({
      decisions: [
        {
          candidate: 1,
          action: "propose",
          reason: "because",
          expected: 1.25,
          configuration: { lr: 0.1, width: 128, optimizer: "adam", n: 3, bias: false },
        },
      ],
    });
  });

  it("is refused with everything that is wrong with it, each problem by its parameter's name", () => {
    const values = { lr: 7, width: "128", optimizer: "adamw", n: 2.5, bias: null, learning_rate: 1 };
    const problems = problemsOf(() => read([decision("propose", values)]));
    for (const name of ["lr", "width", "optimizer", "n", "bias", "learning_rate"]) {
      expect(problems.filter((problem) => problem.startsWith(`candidate 1: ${name} `))).toHaveLength(1);
    }
    expect(problems).toHaveLength(6);
  });

  it("is refused where it breaks a constraint, with the values that break it", () => {
    const values = { lr: 0.1, width: 512, optimizer: "adam", n: 9, bias: true };
    expect(problemsOf(() => read([decision("propose", values)]))).toEqual([
      "candidate 1: n * width <= 1024 does not hold where n = 9, width = 512",
    ]);
  });

  it("without values is refused in one sentence", () => {
    const wanted = ["candidate 1: a proposal needs a value for every active parameter"];
    expect(problemsOf(() => read([decision("propose")]))).toEqual(wanted);
    expect(problemsOf(() => read([decision("propose", { lr: null })]))).toEqual(wanted);
  });

  it("takes numbers as they are and nothing else for them: no text, no NaN, no infinity", () => {
    for (const lr of ["0.1", Number.NaN, Number.POSITIVE_INFINITY, true, [0.1], {}]) {
      expect(problemsOf(() => read([decision("edit", { lr })]))).toEqual([expect.stringMatching(/^candidate 1: lr /)]);
    }
  });
});

describe("an edit", () => {
  it("keeps what is null or not mentioned", () => {
    expect(read([decision("edit", { lr: 0.1, width: null })]).decisions).toMatchObject([
      { action: "edit", configuration: { ...candidate, lr: 0.1 } },
    ]);
  });

  it("that switches a conditional parameter on starts it at its default, unless it says where", () => {
    expect(read([decision("edit", { optimizer: "sgd" })]).decisions).toMatchObject([
      { configuration: { optimizer: "sgd", momentum: 0.9 } },
    ]);
    expect(read([decision("edit", { optimizer: "sgd", momentum: 0.5 })]).decisions).toMatchObject([
      { configuration: { optimizer: "sgd", momentum: 0.5 } },
    ]);
  });

  it("that switches one off drops it", () => {
    const [edited] = read([decision("edit", { optimizer: "adam" })], 1, [sgd]).decisions;
    expect(edited).toMatchObject({ action: "edit", configuration: candidate });
    expect(edited && "configuration" in edited && "momentum" in edited.configuration).toBe(false);
  });

  it("that changes nothing accepts the candidate, and so does a proposal of it", () => {
    for (const [action, values] of [
      ["edit", null],
      ["edit", { lr: candidate["lr"], momentum: 0.3 }],
      ["propose", candidate],
    ] as const) {
      expect(read([decision(action, values)], 0).decisions).toEqual([
        { candidate: 1, action: "accept", reason: "because" },
      ]);
    }
  });
});

describe("an answer", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["text", "propose lr=0.1"],
    ["a list", [decision("accept")]],
    ["no decisions", { note: null }],
    ["an empty list of decisions", { decisions: [], note: null }],
    ["decisions that are no objects", { decisions: ["accept"], note: null }],
    ["an unknown action", { decisions: [decision("accept", null, { action: "skip" })] }],
    ["no reason", { decisions: [{ candidate: 1, action: "accept" }] }],
    ["a candidate that is no number", { decisions: [decision("accept", null, { candidate: "1" })] }],
    ["values that are a list", { decisions: [decision("propose", [0.1, 64])] }],
  ])("is refused where it is %s", (_, answer) => {
    const problems = problemsOf(() => readAdvice(answer, space, [candidate], 1));
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^(the answer|decisions|decisions\..*): ./);
  });

  it("may leave out what it has nothing to say about", () => {
    expect(readAdvice({ decisions: [{ candidate: 1, action: "veto", reason: "no" }] }, space, [candidate], 1)).toEqual({
      decisions: [{ candidate: 1, action: "veto", reason: "no" }],
    });
  });

  it("decides each candidate once, and only those that there are", () => {
    expect(problemsOf(() => read([decision("accept"), decision("veto")]))).toEqual(["candidate 1 is decided twice"]);
    expect(problemsOf(() => read([decision("accept", null, { candidate: 0 })]))).toEqual([
      "candidate 0 does not exist; there is only candidate 1",
    ]);
    expect(problemsOf(() => read([decision("accept", null, { candidate: 3 })], 1, [candidate, sgd]))).toEqual([
      "candidate 3 does not exist; there are candidates 1 to 2",
    ]);
  });

  it("changes no more candidates than the turn allows; accepting and vetoing is free", () => {
    const both = [decision("edit", { n: 3 }), decision("edit", { n: 4 }, { candidate: 2 })];
    expect(problemsOf(() => read(both, 1, [candidate, sgd]))).toEqual([
      "2 proposals and edits, but this turn allows 1: accept or veto the other candidates",
    ]);
    expect(read(both, 2, [candidate, sgd]).decisions).toHaveLength(2);
    const free = [decision("edit", { n: 3 }), decision("veto", null, { candidate: 2 })];
    expect(read(free, 1, [candidate, sgd]).decisions).toHaveLength(2);
  });

  it("cannot reach the prototype of anything", () => {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const answer: unknown = JSON.parse(
        `{"decisions":[{"candidate":1,"action":"edit","reason":"x","values":{"${key}":{"polluted":1},"n":3}}]}`,
      );
      const problems = problemsOf(() => readAdvice(answer, space, [candidate], 1));
      if (key !== "__proto__") expect(problems[0]).toContain(`${key} is not a parameter of this study`);
      expect("polluted" in {}).toBe(false);
    }
  });

  it("names no more than twenty problems", () => {
    const many = Array.from({ length: 50 }, (_, index) => decision("accept", null, { candidate: index + 2 }));
    expect(problemsOf(() => read(many))).toHaveLength(20);
    expect(problemsOf(() => read(Array(50).fill("x")))).toHaveLength(20);
  });

  it("has reasons and a note of one printable line, cut to size; an empty note is none", () => {
    const answer = { decisions: [decision("accept", null, { reason: "two\nlines \u001b[2J" })], note: "n".repeat(900) };
    const advice = readAdvice(answer, space, [candidate], 1);
    expect(advice.decisions[0]?.reason).toBe("two lines [2J");
    expect(advice.note).toHaveLength(noteLimit);
    expect(readAdvice({ ...answer, note: " \n " }, space, [candidate], 1)).not.toHaveProperty("note");
  });
});

describe("the schema of an answer", () => {
  it("wants every key and allows null, as strict modes need it", () => {
    const schema = adviceJsonSchema(space);
    const values = {
      lr: { anyOf: [{ type: "number" }, { type: "null" }] },
      width: { anyOf: [{ type: "integer" }, { type: "null" }] },
      optimizer: { anyOf: [{ type: "string", enum: ["adam", "sgd"] }, { type: "null" }] },
      bias: { anyOf: [{ type: "boolean" }, { type: "null" }] },
    };
    expect(JSON.stringify(schema)).toContain(JSON.stringify(values.optimizer));
    const properties = z
      .object({
        properties: z.object({
          decisions: z.object({
            items: z.object({
              properties: z.object({
                values: z.object({
                  anyOf: z.tuple([
                    z.object({ required: z.array(z.string()), properties: z.looseObject({}) }),
                    z.unknown(),
                  ]),
                }),
              }),
            }),
          }),
        }),
      })
      .parse(schema).properties.decisions.items.properties.values.anyOf[0];
    expect(properties.required).toEqual(["lr", "width", "optimizer", "momentum", "n", "bias"]);
    expect(properties.properties).toMatchObject(values);
  });

  it("lists choices of different types apart", () => {
    const mixed = SearchSpace.from({
      parameters: [{ name: "heads", kind: "categorical", choices: [1, 2, "auto"], default: "auto" }],
      constraints: [],
      derived: [],
    });
    expect(JSON.stringify(adviceJsonSchema(mixed))).toContain(
      '[{"type":"number","enum":[1,2]},{"type":"string","enum":["auto"]},{"type":"null"}]',
    );
  });
});

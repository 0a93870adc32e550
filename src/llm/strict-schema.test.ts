import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonSchema } from "./model.js";
import { anthropicSchema, openAiSchema } from "./strict-schema.js";

/** Everything below a schema, itself included. */
function* schemasIn(value: unknown): Generator<Record<string, unknown>> {
  if (Array.isArray(value)) for (const v of value) yield* schemasIn(v);
  else if (typeof value === "object" && value !== null) {
    yield { ...value };
    for (const v of Object.values(value)) yield* schemasIn(v);
  }
}

const advice = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("propose"),
    values: z.object({
      lr: z.number().min(1e-5).max(1),
      depth: z.number().int().positive().optional(),
      act: z.enum(["relu", "gelu"]),
    }),
    reason: z.string().max(300).optional(),
  }),
  z.object({ kind: z.literal("veto"), reason: z.string().min(1), until: z.string().nullable().optional() }),
  z.object({
    kind: z.literal("notes"),
    notes: z.array(z.object({ text: z.string(), trial: z.number().int().optional() })).max(3),
  }),
]);
const schema: JsonSchema = z.toJSONSchema(advice);

describe("OpenAI's strict form", () => {
  const wire = openAiSchema(schema);

  it("has an object at the root, requires every key, allows no other, and has no keyword that is refused", () => {
    expect(wire.strict).toBe(true);
    expect(wire.schema.type).toBe("object");
    for (const s of schemasIn(wire.schema)) {
      if (s.type !== "object" || typeof s.properties !== "object" || s.properties === null) continue;
      expect(s.additionalProperties).toBe(false);
      expect(s.required).toEqual(Object.keys(s.properties));
    }
    const text = JSON.stringify(wire.schema);
    for (const keyword of [
      "oneOf",
      "minimum",
      "maximum",
      "maxLength",
      "minLength",
      "maxItems",
      "exclusiveMinimum",
      "$schema",
      "default",
    ]) {
      expect(text).not.toContain(`"${keyword}"`);
    }
  });

  it("tells the model the limits in words", () => {
    expect(JSON.stringify(wire.schema)).toContain("at least 0.00001, at most 1");
    expect(JSON.stringify(wire.schema)).not.toContain("9007199254740991");
  });

  it.each([
    [
      { kind: "propose", values: { lr: 0.1, depth: null, act: "relu" }, reason: null },
      { kind: "propose", values: { lr: 0.1, act: "relu" } },
    ],
    [
      { kind: "propose", values: { lr: 0.1, depth: 3, act: "relu" }, reason: "r" },
      { kind: "propose", values: { lr: 0.1, depth: 3, act: "relu" }, reason: "r" },
    ],
    [
      { kind: "veto", reason: "r", until: null },
      { kind: "veto", reason: "r", until: null },
    ],
    [
      {
        kind: "notes",
        notes: [
          { text: "t", trial: null },
          { text: "u", trial: 4 },
        ],
      },
      { kind: "notes", notes: [{ text: "t" }, { text: "u", trial: 4 }] },
    ],
  ])("gives back what was asked for: %j", (answer, wanted) => {
    const restored = wire.restore({ answer });
    expect(restored).toEqual(wanted);
    expect(advice.safeParse(restored).success).toBe(true);
  });

  it("keeps an object at the root as it is", () => {
    const plain = openAiSchema({ type: "object", properties: { a: { type: "number" } }, required: ["a"] });
    expect(plain.schema).toEqual({
      type: "object",
      properties: { a: { type: "number" } },
      required: ["a"],
      additionalProperties: false,
    });
    expect(plain.restore({ a: 1 })).toEqual({ a: 1 });
  });

  it("follows references, in the schema and in the answer", () => {
    const Tree = z.object({
      name: z.string(),
      size: z.number().optional(),
      get children() {
        return z.array(Tree);
      },
    });
    const tree = openAiSchema(z.toJSONSchema(Tree));
    expect(tree.strict).toBe(true);
    const answer = { name: "a", size: null, children: [{ name: "b", size: null, children: [] }] };
    expect(tree.restore(answer)).toEqual({ name: "a", children: [{ name: "b", children: [] }] });
  });

  it.each([
    ["an open map", z.object({ values: z.record(z.string(), z.number()) })],
    ["a tuple", z.object({ range: z.tuple([z.number(), z.number()]) })],
    ["anything at all", z.object({ value: z.unknown() })],
  ])("says that it cannot enforce %s", (_, loose) => {
    expect(openAiSchema(z.toJSONSchema(loose)).strict).toBe(false);
    expect(anthropicSchema(z.toJSONSchema(loose)).strict).toBe(false);
  });

  it("does not change the schema it was given", () => {
    const before = JSON.stringify(schema);
    openAiSchema(schema);
    expect(JSON.stringify(schema)).toBe(before);
  });
});

describe("Anthropic's form", () => {
  it("lets optional keys be optional", () => {
    const wire = anthropicSchema({
      type: "object",
      properties: { a: { type: "number" }, b: { type: "string" } },
      required: ["a"],
    });
    expect(wire.schema).toEqual({
      type: "object",
      properties: { a: { type: "number" }, b: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    });
    expect(wire.restore({ a: 1, b: null })).toEqual({ a: 1, b: null });
  });
});

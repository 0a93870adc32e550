import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { definitionFromFields, type ParameterFields, spaceSchema } from "./definition-schema.js";
import { SearchSpace } from "./search-space.js";

const file = `
parameters:
  optimizer.lr: {type: float, low: 1e-5, high: 0.1, scale: log, default: 3e-3, unit: 1/step}
  width: {type: int, low: 16, high: 512, powers_of: 2}
  depth: {type: int, low: 1, high: 8, description: Number of blocks}
  dropout: {type: float, low: 0, high: 0.5, step: 0.05, when: regularise}
  act: {type: categorical, choices: [gelu, relu]}
  regularise: {type: boolean}
constraints:
  - depth * width <= 2048
derived:
  area: width ** 2
  size: {formula: area * depth, unit: weights, description: Size of the model}
`;

test("a study file becomes a definition in its own order, with defaults filled in", () => {
  const definition = definitionFromFields(spaceSchema.parse(parse(file)));
  expect(definition).toEqual({
    parameters: [
      { kind: "float", name: "optimizer.lr", low: 1e-5, high: 0.1, scale: "log", default: 3e-3, unit: "1/step" },
      { kind: "int", name: "width", low: 16, high: 512, scale: "log", powersOf: 2, default: 64 },
      { kind: "int", name: "depth", low: 1, high: 8, scale: "linear", default: 4, description: "Number of blocks" },
      {
        kind: "float",
        name: "dropout",
        low: 0,
        high: 0.5,
        scale: "linear",
        step: 0.05,
        default: 0.25,
        when: "regularise",
      },
      { kind: "categorical", name: "act", choices: ["gelu", "relu"], default: "gelu" },
      { kind: "boolean", name: "regularise", default: false },
    ],
    constraints: ["depth * width <= 2048"],
    derived: [
      { name: "area", formula: "width ** 2" },
      { name: "size", formula: "area * depth", unit: "weights", description: "Size of the model" },
    ],
  });
  expect(SearchSpace.from(definition).defaults()).toEqual({
    "optimizer.lr": 3e-3,
    width: 64,
    depth: 4,
    act: "gelu",
    regularise: false,
  });
});

describe("a default that is not given is the middle of the range on its scale, among the possible values", () => {
  test.each<[ParameterFields, number]>([
    [{ type: "float", low: 1e-5, high: 0.1, scale: "log" }, 0.001],
    [{ type: "float", low: 0, high: 0.3 }, 0.15],
    [{ type: "float", low: 0, high: 0.4, step: 0.1 }, 0.2],
    [{ type: "int", low: 1, high: 100, scale: "log" }, 10],
    [{ type: "int", low: 0, high: 1_000_000 }, 500_000],
    [{ type: "int", low: 0, high: 100, step: 25 }, 50],
    [{ type: "int", low: 10, high: 300, powers_of: 2 }, 64],
  ])("%o: %d", (parameter, expected) => {
    const definition = definitionFromFields({ parameters: { p: parameter } });
    expect(definition.parameters[0]?.default).toBe(expected);
    expect(SearchSpace.check(definition)).toEqual([]);
  });

  test.each<ParameterFields>([
    { type: "float", low: 0, high: 1, scale: "log" },
    { type: "int", low: 9, high: 3 },
    { type: "int", low: 3, high: 9, step: 0 },
    { type: "int", low: 3, high: 9, step: 100 },
    { type: "int", low: 3, high: 9, powers_of: 1 },
    { type: "int", low: 3, high: 9, powers_of: 0 },
    { type: "int", low: 3, high: 9, powers_of: -2 },
    { type: "int", low: 3, high: Number.POSITIVE_INFINITY, powers_of: 2 },
    { type: "float", low: Number.NaN, high: 1 },
    { type: "int", low: 3, high: 3.5, powers_of: 2 },
    { type: "categorical", choices: [] },
  ])("but %o is only said to be wrong for what it is", (parameter) => {
    const found = SearchSpace.check(definitionFromFields({ parameters: { p: parameter } }));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ path }) => path.at(-1) === "default" && parameter.type !== "categorical")).toEqual([]);
  });
});

test.each([
  ["an unknown key", { lr: { type: "float", low: 0, high: 1, hihg: 2 } }, "hihg"],
  ["an unknown type", { lr: { type: "real", low: 0, high: 1 } }, "type"],
  ["a missing bound", { lr: { type: "float", low: 0 } }, "high"],
  ["a number in quotes", { lr: { type: "float", low: "0", high: 1 } }, "low"],
  ["a key of another type", { lr: { type: "float", low: 0, high: 1, powers_of: 2 } }, "powers_of"],
])("%s is an error at its place", (_, parameters, key) => {
  const result = spaceSchema.safeParse({ parameters });
  expect(result.success).toBe(false);
  expect(JSON.stringify(result.error?.issues)).toContain(key);
  expect(result.error?.issues[0]?.path.slice(0, 2)).toEqual(["parameters", "lr"]);
});

test("the JSON schema made of it forbids unknown keys and describes every key", () => {
  const schema = z.toJSONSchema(spaceSchema);
  const undescribed: string[] = [];
  const open: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties, additionalProperties } = node as { properties?: object; additionalProperties?: unknown };
    if (properties !== undefined) {
      if (additionalProperties !== false) open.push(path);
      for (const [key, value] of Object.entries(properties)) {
        if (!("description" in value)) undescribed.push(`${path}.${key}`);
      }
    }
    for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
  };
  visit(schema, "");
  expect(undescribed).toEqual([]);
  expect(open).toEqual([]);
  expect(JSON.stringify(schema)).toContain("powers_of");
});

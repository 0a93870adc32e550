import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { studyFileJsonSchema } from "./index.js";

const published = new URL("../../../schemas/agent-tune.schema.json", import.meta.url);

it("is the one in schemas/; UPDATE_SCHEMAS=1 npx vitest run src/study/study-file writes it anew", () => {
  const text = `${JSON.stringify(studyFileJsonSchema(), undefined, 2)}\n`;
  if (process.env.UPDATE_SCHEMAS === "1") writeFileSync(published, text);
  expect(readFileSync(published, "utf8")).toBe(text);
});

const node = z.looseObject({
  description: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
});

function undescribed(schema: unknown, path: string): string[] {
  const { properties, anyOf, oneOf, items, additionalProperties } = node.parse(schema);
  const inner = [
    ...(anyOf ?? []),
    ...(oneOf ?? []),
    ...[items, additionalProperties].filter((each) => typeof each === "object"),
  ];
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, value]) => {
      const here = path === "" ? key : `${path}.${key}`;
      return [...(node.parse(value).description === undefined ? [here] : []), ...undescribed(value, here)];
    }),
    ...inner.flatMap((each) => undescribed(each, path)),
  ];
}

it("describes every key", () => {
  expect(undescribed(studyFileJsonSchema(), "")).toEqual([]);
});

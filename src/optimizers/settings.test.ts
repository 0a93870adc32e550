import { expect, it } from "vitest";
import { z } from "zod";
import { readSettings } from "./settings.js";

const schema = z.strictObject({ multivariate: z.boolean().default(true), candidates: z.number().int().default(24) });

it("fills in what is not said", () => {
  expect(readSettings(schema, "tpe", { candidates: 48 })).toEqual({ multivariate: true, candidates: 48 });
  expect(readSettings(schema, "tpe")).toEqual({ multivariate: true, candidates: 24 });
});

it.each([{ candidates: "many" }, { multivariat: false }])("refuses %o and says what can be set", (settings) => {
  expect(() => readSettings(schema, "tpe", settings)).toThrow(
    expect.objectContaining({ code: "usage", remedy: "What can be set: multivariate, candidates." }),
  );
});

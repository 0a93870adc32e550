import { expect, test } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { parseExpression } from "./expression.js";
import { inferType, numberType, truthType, typeOfValues } from "./value-type.js";

const types = new Map([
  ["width", numberType],
  ["bias", truthType],
  ["act", typeOfValues(["relu", "gelu"])],
  ["batch", typeOfValues([16, 32, "auto"])],
  ["heads", typeOfValues([1, 2, 4])],
]);

const infer = (text: string) => inferType(parseExpression(text), types);

test.each([
  ["width * 2", "number"],
  ["bias * width", "number"],
  ["heads + 1", "number"],
  ["width > 2 and bias", "truth"],
  ["act == 'relu' or batch == 16", "truth"],
  ["act in ['relu', 'gelu']", "truth"],
  ["'a' if bias else 'b'", "text"],
] as const)("%s is a %s", (text, kind) => {
  const type = infer(text);
  expect([type.number && "number", type.text && "text", type.truth && "truth"].filter(Boolean)).toEqual([kind]);
});

test.each([
  ["widht + 1", "There is no parameter 'widht'; did you mean 'width'?"],
  ["act + 1", "Expected a number, but 'act' is a text."],
  ["batch > 16", "Expected a number, but 'batch' can be a text."],
  ["width and bias", "Expected true or false, but 'width' is a number."],
  ["not act", "Expected true or false, but 'act' is a text."],
  ["1 if width else 2", "Expected true or false, but 'width' is a number."],
  ["act == 3", "'act' and 3 are never equal"],
  ["width == 'relu'", "'width' and \"relu\" are never equal"],
  ["act == 'rely'", "'act' is never \"rely\"; did you mean 'relu'?"],
  ["'silu' != act", "'act' is never \"silu\""],
  ["heads in [2, 3]", "'heads' is never 3"],
  ["min(act, 2)", "Expected a number, but 'act' is a text."],
])("%s: %s", (text, message) => {
  expect(() => infer(text)).toThrow(AgentTuneError);
  expect(() => infer(text)).toThrow(message);
});

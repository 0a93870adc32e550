import { expect, it } from "vitest";
import { optimizerFactories } from "./index.js";
import { optimizerNames } from "./names.js";

it("names every optimizer there is, in the same order", () => {
  expect(optimizerFactories.map(({ name }) => name)).toEqual([...optimizerNames]);
});

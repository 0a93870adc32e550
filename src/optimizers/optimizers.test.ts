import { describe, expect, it } from "vitest";
import { describeOptimizer } from "./contract.js";
import { optimizerFactories, optimizerFactory } from "./index.js";

for (const factory of optimizerFactories) describeOptimizer(factory);

describe("optimizerFactory", () => {
  it("finds each optimizer by its name", () => {
    for (const factory of optimizerFactories) expect(optimizerFactory(factory.name)).toBe(factory);
  });

  it("refuses a setting that the optimizer does not have", () => {
    expect(() => optimizerFactory("random:multivariate=true")).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining("multivariate") }),
    );
  });

  it("names the known ones where the name is unknown", () => {
    expect(() => optimizerFactory("sgd")).toThrow(
      expect.objectContaining({
        code: "usage",
        remedy: expect.stringContaining(optimizerFactories.map(({ name }) => name).join(", ")),
      }),
    );
  });
});

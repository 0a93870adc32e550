import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeOptimizer } from "./contract.js";
import { optimizerFactories, optimizerFactory } from "./index.js";

/** With their screens for failures; each of the others has the contract among the tests of its own room. */
const here = ["cma-es", "lra-cma-es", "local-gaussian", "random:avoidFailures=true"];
for (const choice of here) describeOptimizer(optimizerFactory(choice), { expensive: true });
describeOptimizer(optimizerFactory("random"));

it("leaves no optimizer out of the contract", () => {
  const tested = here.map((choice) => optimizerFactory(choice).name);
  for (const { name } of optimizerFactories) {
    if (tested.includes(name)) continue;
    const room = join(import.meta.dirname, name);
    const tests = readdirSync(room).filter((file) => file.endsWith(".test.ts"));
    expect(tests.some((file) => readFileSync(join(room, file), "utf8").includes("describeOptimizer("))).toBe(true);
  }
});

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

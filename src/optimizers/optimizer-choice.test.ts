import { describe, expect, it } from "vitest";
import { parseOptimizerChoice } from "./optimizer-choice.js";

describe("parseOptimizerChoice", () => {
  it("reads a name alone", () => {
    expect(parseOptimizerChoice("tpe")).toEqual({ name: "tpe", settings: {} });
  });

  it("reads settings: truth, numbers and words", () => {
    expect(parseOptimizerChoice("cma-es: restarts=bipop, screening=false, population=12")).toEqual({
      name: "cma-es",
      settings: { restarts: "bipop", screening: false, population: 12 },
    });
  });

  it.each(["tpe:", "tpe:multivariate", "tpe:multivariate=", "tpe:a=1=2", "tpe:a=1,a=2"])("refuses %s", (text) => {
    expect(() => parseOptimizerChoice(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

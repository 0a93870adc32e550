import { describe, expect, it } from "vitest";
import { armsOf, contrastsOf, studyId } from "./arm.js";

const contrasts = (optimizers: readonly string[], advisors: readonly string[]) =>
  contrastsOf(armsOf(optimizers, advisors, "adaptive")).map(({ arm, reference }) => `${arm.name} / ${reference.name}`);

describe("arms", () => {
  it("are every optimizer with every advisor, named as methods are", () => {
    expect(armsOf(["cma-es", "tpe:multivariate=false"], ["none", "openai:m"], 0.3).map(({ name }) => name)).toEqual([
      "cma-es",
      "cma-es+openai:m@0.3",
      "tpe:multivariate=false",
      "tpe:multivariate=false+openai:m@0.3",
    ]);
  });

  it("are compared with the first advisor over the same optimizer", () => {
    expect(contrasts(["cma-es", "tpe"], ["none", "rules", "openai:m"])).toEqual([
      "cma-es+rules / cma-es",
      "cma-es+openai:m / cma-es",
      "tpe+rules / tpe",
      "tpe+openai:m / tpe",
    ]);
  });

  it("are compared with the first optimizer where there is one advisor", () => {
    expect(contrasts(["cma-es", "tpe", "random"], ["rules"])).toEqual([
      "tpe+rules / cma-es+rules",
      "random+rules / cma-es+rules",
    ]);
  });

  it("have studies with ids that a store takes as folders, one for each arm and seed", () => {
    const arms = armsOf(
      ["cma-es", "cma-es:restarts=bipop", "cma-es:restarts=ipop"],
      ["none", "compatible:a/b@http://localhost:8000/v1", "compatible:a/b@http://localhost:8001/v1"],
      "adaptive",
    );
    const ids = arms.flatMap((arm) => [1, 2, 4_294_967_295].map((seed) => studyId(arm, seed)));
    expect(new Set(ids).size).toBe(27);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
  });
});

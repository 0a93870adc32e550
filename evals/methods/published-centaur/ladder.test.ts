import { expect, it } from "vitest";
import { optimizerFactory } from "../../../src/optimizers/index.js";
import { readHybridName } from "../hybrid-name.js";
import { ladder } from "./ladder.js";
import { isPublishedCentaur, publishedCentaurMethod } from "./published-centaur.js";
import { publishedSwitches, readSwitches } from "./switches.js";

const names = ladder.map(({ method }) => method("rules"));

it("has names that are understood, each once", () => {
  for (const name of names) {
    if (isPublishedCentaur(name)) expect(publishedCentaurMethod(name).name).toBe(name);
    else expect(optimizerFactory(readHybridName(name).optimizer).name).toBe("cma-es");
  }
  expect(new Set(names).size).toBe(ladder.length);
  expect(new Set(ladder.map(({ name }) => name)).size).toBe(ladder.length);
});

it("goes from the published system alone to this one", () => {
  expect(names[0]).toBe("published-centaur");
  expect(names[1]).toBe("published-centaur+rules@0.3");
  expect(names.at(-1)).toBe("cma-es+rules");
});

it("changes one switch a rung, until every one is on", () => {
  const published = names.slice(1).filter(isPublishedCentaur);
  const switches = published.map((name) => readSwitches(readHybridName(name).optimizer));
  const asPublished = Object.entries(readSwitches("published-centaur"));
  for (const [k, each] of switches.entries()) {
    expect(
      asPublished.filter(([name, value]) => Object.entries(each).some(([n, v]) => n === name && v !== value)),
    ).toHaveLength(k);
  }
  expect(published).toHaveLength(1 + Object.keys(publishedSwitches.shape).length);
});

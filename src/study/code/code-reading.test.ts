import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PersonsFolder } from "../../code/versions/testing/persons-folder.js";
import { Store } from "../../store/index.js";
import { evidenceOf } from "../version-evidence.js";
import { codeDocument, codeDocumentSchema, codeJsonSchema } from "./code-document.js";
import { type CodeReading, findVersion, lineage, pairedRuns, readCode, versionReading } from "./code-reading.js";
import { writeCodeStudy } from "./testing/code-study.js";

const published = new URL("../../../schemas/code.schema.json", import.meta.url);
let person: PersonsFolder;
let store: Store;
let code: CodeReading;

beforeAll(async () => {
  person = new PersonsFolder();
  const id = await writeCodeStudy(person);
  store = Store.open(join(person.folder, ".agent-tune"));
  code = readCode(store, id);
});
afterAll(() => {
  store.close();
  person.delete();
});

describe("a study that has searched its code", () => {
  it("has its versions in the order in which they were made, and a head", () => {
    expect([...code.versions.keys()]).toEqual(["v0", "v1", "v2", "v3", "v4", "v5"]);
    expect(code.head).toBe("v4");
    expect(lineage(code, "v4").map(({ id }) => id)).toEqual(["v1", "v4"]);
    expect(lineage(code, "v0")).toEqual([]);
  });

  it("is seen from a version with its own parameters and its own trials", () => {
    const parameters = (id: string) => versionReading(code, id).settings.space.parameters.map(({ name }) => name);
    expect([parameters("v0"), parameters("v4")]).toEqual([["lr"], ["lr", "epsilon"]]);
    // Runs of the first version in the pairs of v1 are runs of the first version.
    const base = evidenceOf(versionReading(code, "v0"));
    expect(base.trials).toHaveLength(5);
    expect(base.incumbent?.group).toMatchObject({ configuration: { lr: 0.02 }, losses: [0.982, 0.981, 0.979, 0.981] });
  });

  it("says with whom a version was compared, and on which seeds", () => {
    expect(pairedRuns(code, "v4")).toEqual({
      against: "v1",
      pairs: [
        { seed: 1010, candidate: 0.94, against: 0.95 },
        { seed: 1011, candidate: 0.939, against: 0.951 },
        { seed: 1012, candidate: 0.941, against: 0.949 },
      ],
      sameNumbers: [
        { seed: 1010, candidate: 0.94, against: 0.953 },
        { seed: 1011, candidate: 0.939, against: 0.954 },
        { seed: 1012, candidate: 0.941, against: 0.952 },
      ],
    });
    expect(pairedRuns(code, "v2")).toBeUndefined();
  });

  it("finds the version that a person means, and names those there are where it is none", () => {
    expect(findVersion(code, "v3").id).toBe("v3");
    expect(findVersion(code, "head").id).toBe("v4");
    expect(() => findVersion(code, "v9")).toThrow("There is no code version v9; did you mean v5?");
    expect(() => findVersion(code, "2")).toThrow("did you mean v2?");
    expect(() => findVersion(code, "main")).toThrow("There is no code version main.");
  });
});

describe("the document for programs", () => {
  it("has every field that is stored, what was measured, and null for what is unknown", () => {
    const document = codeDocument(code);
    expect(codeDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    const [first, second, third] = document.versions;
    expect(first).toMatchObject({ gain: null, expected: null, against: null, best: { mean: expect.any(Number) } });
    expect(second).toMatchObject({ against: "v0", expected: 0.02, gain: { pairs: 3 }, trials: { complete: 16 } });
    expect(third).toMatchObject({ trials: { total: 2, complete: 1, failed: 1, unfinished: 0 }, against: null });
    expect(document.versions.filter(({ head }) => head).map(({ id }) => id)).toEqual(["v4"]);
  });

  it("has the published schema; UPDATE_SCHEMAS=1 npx vitest run src/study/code/code-reading.test.ts writes it anew", () => {
    const text = `${JSON.stringify(codeJsonSchema(), undefined, 2)}\n`;
    if (process.env.UPDATE_SCHEMAS === "1") writeFileSync(published, text);
    expect(readFileSync(published, "utf8")).toBe(text);
  });
});

it("a study without code says how one with code is begun", () => {
  const record = store.study("s1");
  const { code: _, ...settings } = code.study.settings;
  store.createStudy({ ...record, id: "s2", name: "plain", definition: { from: "program", settings } });
  expect(() => readCode(store, "s2")).toThrow("Study plain tunes numbers only");
  store.createStudy({ ...record, id: "s3", definition: { from: "program", settings: code.study.settings } });
  expect(() => readCode(store, "s3")).toThrow("before it had taken in the code");
});

import { expect, it } from "vitest";
import { ScriptedCoder } from "./scripted-coder.js";
import { codeStudy } from "./testing/code-study.js";

const edits = [{ kind: "replace", path: "train.py", search: "torch.relu", replace: "torch.tanh" }] as const;
const tanh = { kind: "edit", edits, summary: "tanh", hypothesis: "Bounded." } as const;

it("a scripted coder says that it is none, and plays its script by the number of the turn", async () => {
  const coder = new ScriptedCoder([{ kind: "nothing", reason: "wait" }, tanh]);
  expect(coder.name).toContain("no model");
  expect(await coder.propose(codeStudy({ attempt: 1 }))).toEqual({ ...tanh, parent: "v0", declares: {}, removes: [] });
  expect(await coder.propose(codeStudy({ attempt: 0 }))).toEqual({ kind: "nothing", reason: "wait" });
  expect(await coder.propose(codeStudy({ attempt: 2 }))).toMatchObject({ kind: "nothing" });
});

it("a scripted coder is reviewed like any other", async () => {
  const coder = new ScriptedCoder([{ ...tanh, edits: [{ ...edits[0], search: "not there at all" }] }]);
  await expect(coder.propose(codeStudy({ attempt: 0 }))).rejects.toMatchObject({
    name: "CoderFailure",
    failure: "refused",
    message: expect.stringContaining("edit 1, train.py (no_match)"),
  });
});

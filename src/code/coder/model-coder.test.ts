import { describe, expect, it } from "vitest";
import { coder as definition } from "../../../agents/coder.js";
import { type Model, type ModelAnswer, ModelCallError, type ModelFailure, type ModelRequest } from "../../llm/index.js";
import { CoderFailure } from "./coder.js";
import { ModelCoder, type ModelCoderOptions } from "./model-coder.js";
import { codeStudy, countingNonce } from "./testing/code-study.js";

const gelu = { kind: "replace", path: "train.py", search: "torch.relu(self.first(x))", replace: "gelu(self.first(x))" };
const draft = { parent: "v0", edits: [gelu] };
const good = {
  ...draft,
  summary: "gelu",
  hypothesis: "Smoother gradients.",
  expected: 0.01,
  declares: [],
  removes: [],
};
const misses = { ...good, edits: [{ ...gelu, search: "    def forward(self, y):" }] };

const calls = (...all: readonly (readonly [name: string, input: unknown])[]): Partial<ModelAnswer> => ({
  toolCalls: all.map(([name, input], i) => ({ id: `call-${name}-${i}`, name, input })),
});

interface Asked {
  readonly request: ModelRequest;
  readonly deadlineMs: number;
}

/** A model that reads its answers from a script, its last one again and again; each takes a second. */
function scripted(
  lines: readonly (Partial<ModelAnswer> | Error)[],
  options: Partial<ModelCoderOptions> = {},
): { readonly coder: ModelCoder; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  let now = 5000;
  const model: Model = {
    id: "test:scripted",
    async ask(given, { deadlineMs }) {
      const line = lines[asked.length] ?? lines.at(-1);
      // A copy: the coder goes on with its list of messages.
      asked.push({ request: { ...given, messages: [...given.messages] }, deadlineMs });
      now += 1000;
      if (line instanceof Error) throw line;
      return { text: "", toolCalls: [], usage: null, model: "scripted", ...line };
    },
  };
  const coder = new ModelCoder({ model, monotonic: () => now, nonce: countingNonce(), ...options });
  return { coder, asked };
}

async function failureOf(turn: Promise<unknown>): Promise<CoderFailure> {
  const error: unknown = await turn.catch((thrown: unknown) => thrown);
  if (error instanceof CoderFailure) return error;
  throw error;
}

/** What the model was told last before it gave answer `index`, from 0. */
function told(asked: readonly Asked[], index: number): string {
  return asked[index]?.request.messages.at(-1)?.text ?? "";
}

describe("a model as the coder", () => {
  it("looks around, has its edits checked, and submits them", async () => {
    const { coder, asked } = scripted([
      calls(["read_file", { version: "v0", path: "train.py", from: 17, to: 18 }]),
      calls(["check", draft]),
      calls(["submit", good]),
    ]);
    expect(await coder.propose(codeStudy(), {})).toEqual({
      kind: "edit",
      ...draft,
      summary: "gelu",
      hypothesis: "Smoother gradients.",
      expected: 0.01,
      declares: {},
      removes: [],
    });
    expect(asked.map(({ request }) => request.key)).toEqual(["code/3/0", "code/3/1", "code/3/2"]);
    expect(told(asked, 1)).toBe(
      "train.py, lines 17 to 18 of 27:\n17\t    def forward(self, x):\n18\t        return self.second(torch.relu(self.first(x)))",
    );
    expect(told(asked, 2)).toContain("The edits apply: +1 -1 lines.");
    expect(coder.name).toBe("test:scripted");
  });

  it("may answer that nothing is worth a run", async () => {
    const { coder } = scripted([calls(["nothing_to_try", { reason: "The noise is larger\nthan any idea." }])]);
    expect(await coder.propose(codeStudy(), {})).toEqual({
      kind: "nothing",
      reason: "The noise is larger than any idea.",
    });
  });

  it("gets the same words up to the end of the task in every turn, so that they stay cached", async () => {
    const { coder, asked } = scripted([calls(["submit", good])]);
    await coder.propose(codeStudy(), {});
    await coder.propose(
      codeStudy({ attempt: 4, parent: "v1", noise: undefined, versions: codeStudy().versions.slice(0, 2) }),
      {},
    );
    const front = ({ request: { system, tools, messages } }: Asked): unknown => [system, tools, messages[0]];
    expect(front(asked[1]!)).toEqual(front(asked[0]!));
    expect(asked[0]?.request.messages).toMatchObject([
      { stable: true, text: expect.stringMatching(/^# The task\n/) },
      { stable: true, text: expect.stringMatching(/^# The study so far\n/) },
    ]);
    expect(asked[0]?.request.output).toBeUndefined();
  });

  it("is offered to try edits out only where that is to be had", async () => {
    const { coder, asked } = scripted([calls(["submit", good])]);
    await coder.propose(codeStudy(), {});
    await coder.propose(codeStudy({ tryOut: async () => Promise.reject(new Error("not called")) }), {});
    const names = ({ request }: Asked): readonly string[] => request.tools?.map(({ name }) => name) ?? [];
    expect(names(asked[0]!)).not.toContain("try_out");
    expect(asked[0]?.request.system).not.toContain("try_out");
    expect(names(asked[1]!)).toEqual([...definition.tools]);
    expect(asked[1]?.request.system).toContain("`try_out`");
  });

  it("repairs a submission that does not apply, with the nearest lines quoted, and may look again before", async () => {
    const { coder, asked } = scripted([
      calls(["submit", misses]),
      calls(["read_file", { version: "v0", path: "train.py" }]),
      calls(["submit", good]),
    ]);
    expect(await coder.propose(codeStudy(), {})).toMatchObject({ kind: "edit", edits: [gelu] });
    expect(asked[1]?.request.messages.at(-1)).toMatchObject({ role: "tool", name: "submit", isError: true });
    expect(told(asked, 1)).toContain("- edit 1, train.py (no_match):");
    expect(told(asked, 1)).toContain("def forward(self, x):");
    expect(told(asked, 1)).toContain("Correct it and call `submit` once more");
    expect(told(asked, 1)).not.toContain("last try");
  });

  it("is offered whole functions and files after the second refusal, and has failed after the third", async () => {
    const { coder, asked } = scripted([calls(["submit", misses])]);
    const failure = await failureOf(coder.propose(codeStudy(), {}));
    expect(failure).toMatchObject({ failure: "refused_thrice", blame: "coder" });
    expect(failure.message).toContain("its submissions were refused 3 times");
    expect(asked).toHaveLength(3);
    expect(told(asked, 2)).toContain("This is the last try of this turn.");
    expect(told(asked, 2)).toContain("whole function (kind function) or the whole file (kind file)");
  });

  it("succeeds with a whole function where its search texts had failed", async () => {
    const whole = {
      kind: "function",
      path: "train.py",
      name: "Model.forward",
      text: "def forward(self, x):\n    return self.second(self.first(x).tanh())\n",
    };
    const { coder } = scripted([
      calls(["submit", misses]),
      calls(["submit", misses]),
      calls(["submit", { ...good, edits: [whole] }]),
    ]);
    expect(await coder.propose(codeStudy(), {})).toMatchObject({ edits: [whole] });
  });

  it.each([
    ["no call at all", { text: "I would change the activation." }, "you called no tool"],
    ["a locked file", calls(["submit", { ...good, edits: [{ ...gelu, path: "eval.py" }] }]), "(not_editable)"],
    [
      "a version that does not exist",
      calls(["submit", { ...good, parent: "v7" }]),
      'There is no version "v7". Known: v0, v1.',
    ],
    ["another form", calls(["submit", { edits: "no" }]), "- edits: "],
    ["an empty reason", calls(["nothing_to_try", {}]), "reason is missing"],
  ])("is told what was wrong with %s", async (_, line, problem) => {
    const { coder, asked } = scripted([line, calls(["submit", good])]);
    await coder.propose(codeStudy(), {});
    expect(told(asked, 1)).toContain(problem);
  });

  it("is told what the review of the study found, beyond the edits", async () => {
    const { coder, asked } = scripted([calls(["submit", good])]);
    const review = async () => ({ ok: false, problems: ["this is the code of v1 already"] }) as const;
    await failureOf(coder.propose(codeStudy({ review }), {}));
    expect(told(asked, 1)).toContain("- this is the code of v1 already");
  });

  it("calls several tools at once and gets every answer, in order", async () => {
    const { coder, asked } = scripted([
      calls(
        ["list_files", { version: "v0" }],
        ["run_shell", { cmd: "ls" }],
        ["trial", { number: "x" }],
        ["versions", {}],
      ),
      calls(["submit", misses], ["submit", good]),
      calls(["submit", good]),
    ]);
    await coder.propose(codeStudy(), {});
    const results = asked[1]?.request.messages.slice(3);
    expect(results?.map((each) => each.role === "tool" && each.callId)).toEqual([
      "call-list_files-0",
      "call-run_shell-1",
      "call-trial-2",
      "call-versions-3",
    ]);
    expect(results?.[1]).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^There is no tool run_shell\. Known: list_files, /),
    });
    expect(results?.[2]).toMatchObject({ isError: true, text: expect.stringContaining("number: ") });
    expect(told(asked, 2)).toBe("One submission at a time: this one was not read.");
  });

  it("keeps requests for its submissions: whoever only looks around is stopped, and has failed at the bound", async () => {
    const { coder, asked } = scripted([calls(["list_files", { version: "v0" }])]);
    expect(await failureOf(coder.propose(codeStudy(), {}))).toMatchObject({
      failure: "no_submission",
      blame: "coder",
      message: `it made no submission within ${definition.limits.requests} requests`,
    });
    expect(asked).toHaveLength(definition.limits.requests);
    // Three submissions are possible, so that the last three requests are for them.
    const stopped = asked.map((_, i) => told(asked, i).includes("No more looking around"));
    expect(stopped.indexOf(true)).toBe(definition.limits.requests - 3);
  });

  it("can call and be shown only so much, however it spreads that over requests", async () => {
    const many = Array.from(
      { length: definition.limits.toolCalls + 5 },
      () => ["list_files", { version: "v0" }] as const,
    );
    const { coder, asked } = scripted([calls(...many), calls(["submit", good])]);
    await coder.propose(codeStudy(), {});
    const refused = asked[1]?.request.messages.filter((each) => each.role === "tool" && each.isError === true);
    expect(refused).toHaveLength(5);

    const long = "x = 1  # a line of code that is long enough to fill a result\n".repeat(1000);
    const tree = async () => ({ read: () => long, paths: ["train.py"] });
    const reads = Array.from({ length: 20 }, () => ["read_file", { version: "v0", path: "train.py" }] as const);
    const other = scripted([calls(...reads), calls(["nothing_to_try", { reason: "enough" }])]);
    await other.coder.propose(codeStudy({ tree }), {});
    const shown = other.asked[1]?.request.messages.slice(3).map(({ text }) => text.length) ?? [];
    expect(shown.reduce((sum, length) => sum + length, 0)).toBeLessThan(definition.limits.toolCharacters + 20_000);
  });

  it("has one deadline for the whole turn", async () => {
    const { coder, asked } = scripted([calls(["versions", {}]), calls(["submit", good])], { seconds: 10 });
    await coder.propose(codeStudy(), {});
    expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([10_000, 9_000]);
    const usual = scripted([calls(["submit", good])]);
    await usual.coder.propose(codeStudy(), {});
    expect(usual.asked[0]?.deadlineMs).toBe(definition.limits.seconds * 1000);
  });

  it.each<[ModelFailure, "coder" | "connection"]>([
    ["deadline", "coder"],
    ["truncated", "coder"],
    ["not_json", "coder"],
    ["network", "connection"],
    ["cap_reached", "connection"],
    ["breaker_open", "connection"],
    ["replay_missing", "connection"],
  ])("whose call ends in %s has failed, and the blame is the %s's", async (failure, blame) => {
    const { coder } = scripted([new ModelCallError(failure, "it did not work")]);
    expect(await failureOf(coder.propose(codeStudy(), {}))).toMatchObject({
      failure,
      blame,
      message: "it did not work",
    });
  });

  it("that was cancelled has not failed: the study is being stopped", async () => {
    const { coder } = scripted([new ModelCallError("cancelled", "stopped")]);
    await expect(coder.propose(codeStudy(), {})).rejects.toMatchObject({
      name: "ModelCallError",
      failure: "cancelled",
    });
  });

  it("does not hide that the repository cannot be read behind a tool's answer", async () => {
    const { coder } = scripted([calls(["read_file", { version: "v0", path: "train.py" }])]);
    const tree = () => Promise.reject(new Error("the repository is gone"));
    await expect(coder.propose(codeStudy({ tree }), {})).rejects.toThrow("the repository is gone");
  });
});

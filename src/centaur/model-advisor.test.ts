import { describe, expect, it } from "vitest";
import { advisor as definition } from "../../agents/advisor.js";
import { type Model, type ModelAnswer, ModelCallError, type ModelFailure, type ModelRequest } from "../llm/index.js";
import { AdviceFailure } from "./advisor.js";
import { ModelAdvisor, type ModelAdvisorOptions } from "./model-advisor.js";
import { midStudy } from "./testing/mid-study.js";

const { request } = midStudy({ trials: 24 });
const accept = {
  decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }],
  note: null,
};
const wrong = { ...accept, decisions: [{ ...accept.decisions[0], action: "propose", values: { learning_rate: 7 } }] };

const says = (output: unknown): Partial<ModelAnswer> => ({ output });
const calls = (name: string, input: unknown): Partial<ModelAnswer> => ({
  toolCalls: [{ id: `call-${name}`, name, input }],
});

interface Asked {
  readonly request: ModelRequest;
  readonly deadlineMs: number;
}

/** A model that reads its answers from a script; each takes a second on the test's clock. */
function scripted(
  lines: readonly (Partial<ModelAnswer> | Error)[],
  options: Partial<ModelAdvisorOptions> = {},
): { readonly advisor: ModelAdvisor; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  let now = 5000;
  const model: Model = {
    id: "test:scripted",
    async ask(given, { deadlineMs }) {
      const line = lines[asked.length];
      // A copy: the advisor goes on with its list of messages.
      asked.push({ request: { ...given, messages: [...given.messages] }, deadlineMs });
      now += 1000;
      if (line === undefined) throw new Error("asked more often than the test expects");
      if (line instanceof Error) throw line;
      return { text: "", toolCalls: [], usage: null, model: "scripted", ...line };
    },
  };
  return { advisor: new ModelAdvisor({ model, tools: true, monotonic: () => now, ...options }), asked };
}

async function failureOf(advice: Promise<unknown>): Promise<AdviceFailure> {
  const error: unknown = await advice.catch((thrown: unknown) => thrown);
  if (error instanceof AdviceFailure) return error;
  throw error;
}

describe("a model as the advisor", () => {
  it("is given the problem to cache, the study so far, and the schema of its answer", async () => {
    const { advisor, asked } = scripted([says(accept)]);
    expect(await advisor.advise(request, {})).toEqual({
      decisions: [{ candidate: 1, action: "accept", reason: "fine" }],
    });
    const [first] = asked;
    expect(first?.request.key).toBe("advise/24/0");
    expect(first?.request.messages).toMatchObject([
      { role: "user", stable: true, text: expect.stringMatching(/^# The problem\n/) },
      { role: "user", text: expect.stringMatching(/^# The study so far\n/) },
    ]);
    expect(first?.request.messages[1]).not.toHaveProperty("stable");
    expect(first?.request.output?.name).toBe("advice");
    expect(first?.request.tools?.map(({ name }) => name)).toEqual([...definition.tools]);
    expect(first?.request.system).toContain("You may call tools before you answer");
    expect(advisor).toMatchObject({ kind: "llm", name: "test:scripted" });
  });

  it("gets the same words up to the end of the problem in every turn, so that they stay cached", async () => {
    const later = midStudy({ trials: 30, candidates: 4 }).request;
    const { advisor, asked } = scripted([says(accept), says(accept)]);
    await advisor.advise(request, {});
    await advisor.advise(later, {});
    const front = ({ request: { system, tools, messages, output } }: Asked): unknown => [
      system,
      tools,
      messages[0],
      output,
    ];
    expect(front(asked[1]!)).toEqual(front(asked[0]!));
  });

  it("calls tools, sees what they say, and answers", async () => {
    const { advisor, asked } = scripted([calls("trial", { number: 0 }), calls("sample", { count: 2 }), says(accept)]);
    await advisor.advise(request, {});
    expect(asked.map((each) => each.request.key)).toEqual(["advise/24/0", "advise/24/1", "advise/24/2"]);
    const { messages } = asked[2]!.request;
    expect(messages.map(({ role }) => role)).toEqual(["user", "user", "assistant", "tool", "assistant", "tool"]);
    expect(messages[3]).toMatchObject({ callId: "call-trial", text: expect.stringMatching(/^trial 0, from default/) });
    expect(messages[5]).toMatchObject({
      name: "sample",
      text: expect.stringMatching(/^- learning_rate=.*\n- learning/),
    });
  });

  it("is told which tools there are when it calls one that there is not, or calls one wrongly", async () => {
    const { advisor, asked } = scripted([
      calls("run_shell", { cmd: "ls" }),
      calls("trial", { number: "x" }),
      says(accept),
    ]);
    await advisor.advise(request, {});
    expect(asked[2]?.request.messages[3]).toMatchObject({
      isError: true,
      text: "There is no tool run_shell. Known: predict, sample, trial, compare, sensitivities.",
    });
    expect(asked[2]?.request.messages[5]).toMatchObject({ isError: true, text: expect.stringContaining("number") });
  });

  it("keeps two requests for the answer and its repair, however many tools it would like to call", async () => {
    const { requests } = definition.limits;
    const { advisor, asked } = scripted([
      ...Array.from({ length: requests - 2 }, () => calls("sensitivities", {})),
      says(wrong),
      says(accept),
    ]);
    await advisor.advise(request, {});
    expect(asked.map((each) => each.request.toolChoice === undefined)).toEqual(
      Array.from({ length: requests }, (_, count) => count < requests - 2),
    );
  });

  it("has one turn to repair its answer, with everything that was wrong, and without tools", async () => {
    const { advisor, asked } = scripted([says(wrong), says(accept)]);
    expect((await advisor.advise(request, {})).decisions).toHaveLength(1);
    // Still listed, since earlier messages may have used them, but not to be called.
    expect(asked[1]?.request.tools).toEqual(asked[0]?.request.tools);
    expect(asked[1]?.request.toolChoice).toBe("none");
    const { messages } = asked[1]!.request;
    expect(messages.map(({ role }) => role)).toEqual(["user", "user", "assistant", "user"]);
    const repair = messages[3]?.text ?? "";
    expect(repair).toContain("- candidate 1: learning_rate ");
    expect(repair).toContain("- candidate 1: width is missing");
  });

  it.each([
    ["no JSON at all", says(undefined)],
    ["another form", says({ action: "accept" })],
    ["a configuration outside the space", says(wrong)],
  ])("is refused after the second answer that cannot be used: %s", async (_, line) => {
    const { advisor, asked } = scripted([line, line]);
    const failure = await failureOf(advisor.advise(request, {}));
    expect(failure).toMatchObject({ failure: "refused_twice", blame: "advisor" });
    expect(asked).toHaveLength(2);
  });

  it("that never decides has failed", async () => {
    const { advisor } = scripted(Array(definition.limits.requests).fill(calls("sensitivities", {})));
    expect(await failureOf(advisor.advise(request, {}))).toMatchObject({
      failure: "no_decision",
      blame: "advisor",
      message: "it gave no decision within 6 requests",
    });
  });

  it("has one deadline for the whole turn", async () => {
    const lines = [calls("sensitivities", {}), says(wrong), says(accept)];
    const { advisor, asked } = scripted(lines, { seconds: 10 });
    await advisor.advise(request, {});
    expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([10_000, 9_000, 8_000]);
    const usual = scripted([says(accept)]);
    await usual.advisor.advise(request, {});
    expect(usual.asked[0]?.deadlineMs).toBe(definition.limits.seconds * 1000);
  });

  it.each<[ModelFailure, "advisor" | "connection"]>([
    ["deadline", "advisor"],
    ["truncated", "advisor"],
    ["refusal", "advisor"],
    ["not_json", "advisor"],
    ["network", "connection"],
    ["rate_limited", "connection"],
    ["cap_reached", "connection"],
    ["breaker_open", "connection"],
    ["replay_missing", "connection"],
  ])("whose call ends in %s has failed, and the blame is the %s's", async (failure, blame) => {
    const { advisor } = scripted([new ModelCallError(failure, "it did not work")]);
    expect(await failureOf(advisor.advise(request, {}))).toMatchObject({ failure, blame, message: "it did not work" });
  });

  it("that was cancelled has not failed: the study is being stopped", async () => {
    const { advisor } = scripted([new ModelCallError("cancelled", "stopped")]);
    await expect(advisor.advise(request, {})).rejects.toMatchObject({ failure: "cancelled", name: "ModelCallError" });
  });

  it("without tools, and without parts of the brief, is told of neither", async () => {
    const { advisor, asked } = scripted([says(accept)], { tools: false, without: new Set(["task", "notes"]) });
    await advisor.advise(request, {});
    expect(asked[0]?.request.tools).toBeUndefined();
    expect(asked[0]?.request.system).not.toContain("tools");
    const text = asked[0]?.request.messages.map((message) => message.text).join("\n");
    expect(text).not.toContain("character-level");
    expect(text).not.toContain("Your notes");
  });
});

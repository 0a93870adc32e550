import { describe, expect, it } from "vitest";
import { SpendLedger } from "./ledger.js";
import type { Exchange } from "./model.js";
import { ModelCallError } from "./model.js";
import { createModel } from "./model-client.js";
import { readRecording, readRecordingFile, writeExchange } from "./recording.js";
import { createReplayModel } from "./replay/replay-model.js";
import { ManualClock } from "./testing/manual-clock.js";
import { answer, request, scriptedProvider } from "./testing/scripted-provider.js";

const minute = { deadlineMs: 60_000 };

/** A run with tools, a failure that passed, one that did not, two calls of one key, and a cancelled call. */
async function recordedRun(): Promise<{ exchanges: Exchange[]; ledger: SpendLedger }> {
  const clock = new ManualClock();
  const exchanges: Exchange[] = [];
  const ledger = new SpendLedger();
  const call = { id: "c1", name: "predict", input: { lr: 0.1 } };
  const model = createModel({
    provider: scriptedProvider([
      answer("", { toolCalls: [call], continuation: { kind: "x", items: [1] }, requestId: "req_1" }),
      new ModelCallError("overloaded", "busy", { usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 } }),
      answer('{"lr":0.1}', { output: { lr: 0.1 } }),
      new ModelCallError("refusal", "no", { usage: { input: 5, cacheRead: 0, cacheWrite: 0, output: 1 } }),
      answer("first"),
      answer("second"),
    ]),
    clock,
    ledger,
    record: (e) => exchanges.push(e),
  });
  const output = { name: "advice", schema: { type: "object" } };
  const tools = [{ name: "predict", description: "Predicts", input: { type: "object" } }];
  await clock.run(model.ask(request({ key: "a/1", output, tools }), minute));
  await clock.run(model.ask(request({ key: "a/2", output }), minute));
  await clock.run(model.ask(request({ key: "b" }), minute)).catch(() => {});
  await clock.run(model.ask(request({ key: "c" }), { ...minute, signal: AbortSignal.abort() })).catch(() => {});
  await clock.run(model.ask(request({ key: "c" }), minute));
  await clock.run(model.ask(request({ key: "c" }), minute));
  return { exchanges, ledger };
}

describe("recording", () => {
  it("reads back what it wrote", async () => {
    const { exchanges } = await recordedRun();
    const text = exchanges.map((e) => `${writeExchange(e)}\n`).join("");
    expect(readRecording(text, "run.jsonl")).toEqual(exchanges);
  });

  it("replays answers and failures by key, in order, and books what they had cost", async () => {
    const { exchanges, ledger } = await recordedRun();
    const replayed = new SpendLedger();
    const again: Exchange[] = [];
    const model = createReplayModel({ exchanges, ledger: replayed, record: (e) => again.push(e) });
    expect(model.id).toBe("openai:gpt-5.1");
    // Another order of different keys, as parallel trials make it.
    await expect(model.ask(request({ key: "c" }), minute)).resolves.toMatchObject({ text: "first" });
    await expect(model.ask(request({ key: "b" }), minute)).rejects.toMatchObject({ failure: "refusal", message: "no" });
    await expect(model.ask(request({ key: "a/1" }), minute)).resolves.toMatchObject({
      toolCalls: [{ name: "predict", input: { lr: 0.1 } }],
      continuation: { kind: "x", items: [1] },
    });
    await expect(model.ask(request({ key: "a/2" }), minute)).resolves.toMatchObject({ output: { lr: 0.1 } });
    await expect(model.ask(request({ key: "c" }), minute)).resolves.toMatchObject({ text: "second" });
    expect(replayed.total().knownCost).toBeCloseTo(ledger.total().knownCost, 12);
    expect(replayed.total().tokens).toBe(ledger.total().tokens);
    expect(again).toHaveLength(5);
  });

  it("says which call a recording has no answer for", async () => {
    const { exchanges } = await recordedRun();
    const model = createReplayModel({ exchanges });
    await expect(model.ask(request({ key: "z" }), minute)).rejects.toMatchObject({
      failure: "replay_missing",
      message: expect.stringContaining("no answer to the call z"),
    });
    await expect(model.ask(request({ key: "b" }), minute)).rejects.toMatchObject({ failure: "refusal" });
    await expect(model.ask(request({ key: "b" }), minute)).rejects.toThrow("no further answer to the call b");
  });

  it.each([
    ["is not JSON", "{", "not JSON"],
    ["lacks a key", '{"version":1,"key":"a"}', "model"],
    ["is of a later format", '{"version":2}', "format 2"],
  ])("names the line that %s", async (_, line, detail) => {
    const [first] = (await recordedRun()).exchanges;
    if (first === undefined) throw new Error("nothing recorded");
    const text = `${writeExchange(first)}\n\n${line}\n`;
    expect(() => readRecording(text, "run.jsonl")).toThrow(
      expect.objectContaining({
        code: "recording_invalid",
        where: "run.jsonl:3",
        message: expect.stringContaining(detail),
      }),
    );
  });

  it("says that a file is not there", () => {
    expect(() => readRecordingFile("/no/such/run.jsonl")).toThrow(
      expect.objectContaining({ code: "recording_invalid", where: "/no/such/run.jsonl" }),
    );
  });
});

import { describe, expect, it } from "vitest";
import type { Exchange, Model, ModelAnswer, ModelRequest } from "../llm/index.js";
import { withRememberedAnswers } from "./remembered-answers.js";

const request = (key: string): ModelRequest => ({ key, system: "", messages: [], maxOutputTokens: 1 });
const answer = (text: string): ModelAnswer => ({ text, toolCalls: [], usage: null, model: "m" });

function exchange(key: string, result: Exchange["result"]): Exchange {
  const usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  return { version: 1, key, model: "m", request: request(key), result, attempts: 1, usage, cost: 0, milliseconds: 1 };
}

function asking(exchanges: readonly Exchange[]): { readonly model: Model; readonly asked: string[] } {
  const asked: string[] = [];
  const inner: Model = {
    id: "test:m",
    ask: async ({ key }) => {
      asked.push(key);
      return answer("new");
    },
  };
  return { model: withRememberedAnswers(inner, exchanges), asked };
}

describe("after a crash between an answer and its durable point, a model", () => {
  it("gives the answer again, without asking, under the same name; once", async () => {
    const { model, asked } = asking([exchange("advise/3/0", { kind: "answer", answer: answer("old") })]);
    expect(model.id).toBe("test:m");
    expect((await model.ask(request("advise/3/0"), { deadlineMs: 1 })).text).toBe("old");
    expect((await model.ask(request("advise/3/0"), { deadlineMs: 1 })).text).toBe("new");
    expect((await model.ask(request("advise/3/1"), { deadlineMs: 1 })).text).toBe("new");
    expect(asked).toEqual(["advise/3/0", "advise/3/1"]);
  });

  it("asks again where the call had failed, and takes the latest answer where there are several", async () => {
    const { model, asked } = asking([
      exchange("advise/1/0", { kind: "failure", failure: "network", message: "no route" }),
      exchange("advise/2/0", { kind: "answer", answer: answer("first") }),
      exchange("advise/2/0", { kind: "answer", answer: answer("second") }),
    ]);
    expect((await model.ask(request("advise/1/0"), { deadlineMs: 1 })).text).toBe("new");
    expect((await model.ask(request("advise/2/0"), { deadlineMs: 1 })).text).toBe("second");
    expect(asked).toEqual(["advise/1/0"]);
  });
});

import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { longestLine, type ServeEnd, serve } from "./serve.js";

const host = { cwd: "/", version: "1", holder: { pid: 1, host: "here" }, nonce: () => "n" };
const about = (id: number): string => `${JSON.stringify({ jsonrpc: "2.0", id, method: "about" })}\n`;

interface Session {
  readonly input: PassThrough;
  readonly answers: unknown[];
  readonly ended: Promise<ServeEnd>;
  readonly abort: AbortController;
}

function session(): Session {
  const input = new PassThrough();
  const output = new PassThrough();
  const answers: unknown[] = [];
  let rest = "";
  output.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    answers.push(...lines.map((line): unknown => JSON.parse(line)));
  });
  const abort = new AbortController();
  return { input, answers, abort, ended: serve({ ...host, input, output, signal: abort.signal }) };
}

describe("a session", () => {
  it("answers every line in its order and goes on after bad ones", async () => {
    const { input, answers, ended } = session();
    input.write(`not json\n${about(1)}\n\n`);
    input.write(Buffer.concat([Buffer.alloc(longestLine + 1, 0x20), Buffer.from("\n")]));
    input.write(Buffer.from([0xff, 0x0a]));
    // The last line needs no newline.
    input.end(about(2).trimEnd());
    expect(await ended).toBe("input ended");
    expect(answers).toMatchObject([
      { id: null, error: { code: -32700 } },
      { id: 1, result: { name: "agent-tune" } },
      { id: null, error: { code: -32700, message: expect.stringContaining("longer than") } },
      { id: null, error: { code: -32700, message: expect.stringContaining("UTF-8") } },
      { id: 2 },
    ]);
  });

  it("ends when it is shut down, and reads nothing after that", async () => {
    const { input, answers, ended } = session();
    input.write(`${about(1)}${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "shutdown" })}\n${about(3)}`);
    expect(await ended).toBe("shut down");
    expect(answers).toMatchObject([{ id: 1 }, { id: 2, result: {} }]);
  });

  it("ends when it is aborted, before or while it waits", async () => {
    const waiting = session();
    waiting.abort.abort();
    expect(await waiting.ended).toBe("aborted");
    const abort = new AbortController();
    abort.abort();
    const input = new PassThrough();
    expect(await serve({ ...host, input, output: new PassThrough(), signal: abort.signal })).toBe("aborted");
  });

  it("ends when nobody reads its answers any more", async () => {
    const input = new PassThrough();
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const ended = serve({ ...host, input, output });
    input.write(about(1));
    expect(await ended).toBe("nobody reads");
  });

  it("reads no further while its answers are not taken", async () => {
    const input = new PassThrough({ highWaterMark: 1 });
    const taken: (() => void)[] = [];
    const output = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => taken.push(done) });
    const ended = serve({ ...host, input, output });
    let read = 0;
    for (let id = 0; id < 20; id++) input.write(about(id), () => read++);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toHaveLength(1);
    expect(read).toBeLessThan(20);
    input.end();
    for (let turn = 0; turn < 500; turn++) {
      taken.pop()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toBe("input ended");
    expect(read).toBe(20);
  });
});

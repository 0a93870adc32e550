import type { Readable, Writable } from "node:stream";
import { JsonLines, type Line } from "./json-lines.js";
import { answerLine, unreadable } from "./json-rpc.js";
import { type Host, ServedStudies } from "./served-studies.js";

/** Longest line that is read, in bytes: enough for the curves of thousands of trials told at once. */
export const longestLine = 16 * 1024 * 1024;

export interface ServeOptions extends Host {
  readonly input: Readable;
  readonly output: Writable;
  /** Aborted when the process is asked to end. */
  readonly signal?: AbortSignal;
}

/** Why {@link serve} returned. */
export type ServeEnd = "input ended" | "shut down" | "aborted" | "nobody reads";

/**
 * Speaks JSON-RPC 2.0, one object or batch a line, until the input ends, `shutdown` is called, the signal is aborted
 * or nobody reads the answers any more. Requests are carried out one after the other, in their order, and their
 * answers come in that order; the next input is read only when the answers so far have been taken, so that a client
 * that does not read is not answered into memory. Studies are given free at the end, however it comes.
 *
 * @throws what reading the input or writing the output throws, other than a closed pipe
 */
export function serve({ input, output, signal, ...host }: ServeOptions): Promise<ServeEnd> {
  const studies = new ServedStudies(host);
  const lines = new JsonLines(longestLine);
  return new Promise<ServeEnd>((resolve, reject) => {
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      signal?.removeEventListener("abort", onAbort);
      input.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
      output.off("drain", onDrain).off("error", onUnwritable).off("close", onUnwritable);
      input.destroy();
      try {
        studies.closeAll();
      } catch (error) {
        reject(error);
      }
      settle();
    };
    const finish = (reason: ServeEnd): void => end(() => resolve(reason));
    const answer = (found: readonly Line[]): void => {
      let text = "";
      for (const line of found) {
        const answered = answerTo(line, studies);
        if (answered !== undefined) text += `${answered}\n`;
        if (studies.shutDown) break;
      }
      if (text !== "" && !output.write(text)) input.pause();
      if (studies.shutDown) finish("shut down");
    };
    // Events and not an asynchronous loop: that would take longer to hand over a request than to answer it.
    const onData = (chunk: Buffer | string): void => {
      answer(lines.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
    };
    const onEnd = (): void => {
      answer(lines.end());
      finish("input ended");
    };
    const onError = (error: Error): void => end(() => reject(error));
    const onDrain = (): void => {
      input.resume();
    };
    const onUnwritable = (): void => finish("nobody reads");
    const onAbort = (): void => finish("aborted");
    signal?.addEventListener("abort", onAbort);
    output.on("drain", onDrain).on("error", onUnwritable).on("close", onUnwritable);
    if (signal?.aborted) onAbort();
    else input.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
  });
}

function answerTo(line: Line, studies: ServedStudies): string | undefined {
  switch (line.kind) {
    case "text":
      return answerLine(line.text, (method, params) => studies.call(method, params));
    case "too_long":
      return unreadable(
        `A line was longer than ${longestLine} bytes and was not read.`,
        "Tell fewer trials in one request, or shorter curves.",
      );
    case "not_utf8":
      return unreadable("The line is not UTF-8.", "Write JSON in UTF-8.");
  }
}

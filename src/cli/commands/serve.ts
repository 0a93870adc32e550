import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { ExitCode } from "../../errors.js";
import { serve as serveStreams } from "../../serve/index.js";
import { packageVersion } from "../package-version.js";
import type { Terminal } from "../terminal.js";

/** `agent-tune serve`: JSON-RPC on standard input and output, for programs in other languages. */
export async function serve(terminal: Terminal): Promise<void> {
  const asked = new AbortController();
  const onSignal = (): void => asked.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const end = await serveStreams({
      input: process.stdin,
      output: process.stdout,
      signal: asked.signal,
      cwd: terminal.cwd,
      version: packageVersion(),
      holder: { pid: process.pid, host: hostname() },
      nonce: randomUUID,
    });
    if (end !== "aborted") return;
    terminal.setExitCode(ExitCode.interrupted);
    // Answers that nobody takes must not keep a process that was asked to end.
    if (process.stdout.writableLength > 0) process.exit();
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

#!/usr/bin/env node
import { reportFailure } from "./failure.js";
import { createProgram } from "./program.js";
import { systemTerminal } from "./terminal.js";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  process.stderr.write(`agent-tune needs Node 20.20 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(3);
}

const terminal = systemTerminal();
// A reader that closes the pipe early (head, less) is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await createProgram(terminal).parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportFailure(terminal, error, process.argv.includes("--json"));
}

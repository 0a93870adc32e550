#!/usr/bin/env node
import { ExitCode } from "../errors.js";
import { commandLine } from "./command-line.js";
import { reportFailure } from "./failure.js";
import { answerUnwritable, systemTerminal } from "./terminal.js";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  process.stderr.write(`agent-tune needs Node 20.20 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(ExitCode.configuration);
}

const terminal = systemTerminal();
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe early (head, less) has seen enough: not an error.
  if (error.code === "EPIPE") return;
  process.exitCode = reportFailure(terminal, answerUnwritable(error), false);
});
// Nobody reads the progress any more. The study goes on: hours of training are worth more than its lines.
process.stderr.on("error", () => {});
// What nobody expected is told like everything else; `resume` takes care of what was running.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    process.exit(reportFailure(terminal, error, false));
  });
}

await commandLine(terminal, process.argv.slice(2));

import { reportFailure } from "./failure.js";
import { createProgram } from "./program.js";
import type { Terminal } from "./terminal.js";

/**
 * Carries out one command line and tells what went wrong; never throws. The exit code is set where it is not 0.
 *
 * @param args what follows the program's name
 */
export async function commandLine(terminal: Terminal, args: readonly string[]): Promise<void> {
  try {
    await createProgram(terminal).parseAsync(args, { from: "user" });
  } catch (error) {
    terminal.setExitCode(reportFailure(terminal, error, args.includes("--json")));
  }
}

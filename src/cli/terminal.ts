import { AgentTuneError } from "../errors.js";

/** What a command may touch of the process it runs in. Injected, so that commands can be tested without one. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person is watching standard error, so that a live display makes sense. */
  readonly interactive: boolean;
  /** The answer: what a program would read. */
  out(text: string): void;
  /** Progress and messages for a person. */
  err(text: string): void;
  setExitCode(code: number): void;
}

export function systemTerminal(): Terminal {
  const { env } = process;
  return {
    env,
    cwd: process.cwd(),
    interactive: process.stderr.isTTY === true && !env["CI"] && env["TERM"] !== "dumb",
    out: (text) => {
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    err: (text) => {
      process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

/** Standard output is a file on a full disk, or a device that is gone. */
export function answerUnwritable(cause: NodeJS.ErrnoException): AgentTuneError {
  return new AgentTuneError("answer_unwritable", {
    message: `The answer could not be written: ${cause.message}.`,
    where: "standard output",
    remedy: "Make room where it goes, and ask again with agent-tune status, trials or best.",
    cause,
  });
}

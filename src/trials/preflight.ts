import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import { splitWords } from "./command/words.js";
import { trialEnvironment } from "./environment.js";
import { checkPass, type ResolvedPass, type SpaceNames } from "./pass/prepare.js";
import type { TrialSettings } from "./settings.js";

export interface PreflightOptions {
  /** Folder of the study file, to which paths in it are relative. */
  readonly base: string;
  readonly names: SpaceNames;
  /** Environment of the controller. */
  readonly parent: Readonly<Record<string, string | undefined>>;
}

/** What was found out on the way. */
export interface PreflightReport {
  readonly pass: ResolvedPass;
  /** Absolute path of the program that will run. */
  readonly program: string;
  readonly cwd: string;
}

/**
 * Checks everything about a command that can be wrong before the first trial runs.
 *
 * @throws AgentTuneError `command_not_found`, `command_invalid` or `source_rewrite_failed`
 */
export async function preflight(settings: TrialSettings, options: PreflightOptions): Promise<PreflightReport> {
  const cwd = resolve(options.base, settings.cwd);
  if (!(await isFolder(cwd))) {
    throw new AgentTuneError("command_invalid", {
      message: `The working directory ${settings.cwd} does not exist.`,
      where: cwd,
      remedy: "Correct cwd; it is relative to the study file.",
    });
  }
  const pass = await checkPass(settings, options.base, options.names);
  const environment = trialEnvironment({
    parent: options.parent,
    pass: settings.env_pass,
    constants: settings.env,
    own: {},
  });
  const program = settings.shell ? "/bin/sh" : firstWord(settings.command);
  return { pass, program: await findProgram(program, cwd, environment.PATH), cwd };
}

/**
 * Finds a program as the system will: a name with a slash relative to the working directory, others along PATH.
 *
 * @returns absolute path
 * @throws AgentTuneError `command_not_found`
 */
export async function findProgram(program: string, cwd: string, path: string | undefined): Promise<string> {
  const folders = program.includes("/") ? [""] : (path ?? "").split(delimiter).filter((folder) => folder !== "");
  let notExecutable: string | undefined;
  for (const folder of folders) {
    const file = isAbsolute(program) ? program : resolve(cwd, folder === "" ? program : join(folder, program));
    const found = await programAt(file);
    if (found === "executable") return file;
    if (found === "not executable") notExecutable ??= file;
  }
  if (notExecutable !== undefined) {
    throw new AgentTuneError("command_not_found", {
      message: `"${program}" may not be executed.`,
      where: notExecutable,
      remedy: `Run "chmod +x ${notExecutable}", or name its interpreter in the command, as in "python ${program}".`,
    });
  }
  const other = await alternative(program, cwd, path);
  throw new AgentTuneError("command_not_found", {
    message: `"${program}" was not found${program.includes("/") ? "" : " along PATH"}.`,
    where: program.includes("/") ? cwd : (path ?? "PATH is not set"),
    remedy:
      other === undefined
        ? "Check the command, or activate the environment that it is installed in."
        : `"${other}" is there; write it in the command instead.`,
  });
}

async function alternative(program: string, cwd: string, path: string | undefined): Promise<string | undefined> {
  const others: Readonly<Record<string, string>> = { python: "python3", python3: "python", pip: "pip3" };
  const other = others[program];
  if (other === undefined) return undefined;
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder !== "" && (await programAt(resolve(cwd, folder, other))) === "executable") return other;
  }
  return undefined;
}

function firstWord(command: string | readonly string[]): string {
  const [program] = typeof command === "string" ? splitWords(command) : command;
  if (program === undefined || program === "") {
    throw new AgentTuneError("command_invalid", {
      message: "The command is empty.",
      remedy: "Write the program to run.",
    });
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(program)) {
    throw new AgentTuneError("command_invalid", {
      message: `The command begins with the assignment "${program}", which only a shell understands.`,
      where: typeof command === "string" ? command : command.join(" "),
      remedy: 'Put the variable under "env", or set "shell: true".',
    });
  }
  return program;
}

async function programAt(file: string): Promise<"executable" | "not executable" | undefined> {
  try {
    if (!(await stat(file)).isFile()) return undefined;
  } catch {
    return undefined;
  }
  return access(file, constants.X_OK).then(
    () => "executable" as const,
    () => "not executable" as const,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

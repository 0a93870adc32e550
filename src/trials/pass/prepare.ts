import { mkdir, readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { AgentTuneError } from "../../errors.js";
import type { Configuration, ParameterValue } from "../../space/parameter.js";
import { fillShellLine, fillWords, textOf } from "../command/fill.js";
import { checkPlaceholders, fixedPlaceholders, placeholdersOf } from "../command/template.js";
import { splitWords } from "../command/words.js";
import { trialEnvironment } from "../environment.js";
import type { ParameterDelivery, SeedDelivery, TrialSettings } from "../settings.js";
import type { TrialTask } from "../trial-run.js";
import { checkBase, formatOf, writeParameterFile } from "./parameter-file.js";

/** What the operating system is asked to start for one trial. */
export interface PreparedCommand {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /**
   * The first process only watches over the others and would take them with it: it is not asked to end, only made to.
   */
  readonly supervised?: boolean;
}

/** What a command may refer to. */
export interface SpaceNames {
  readonly parameters: readonly string[];
  /** Of these, the ones that a code version declares; see {@link declaredDelivery}. */
  readonly declared?: readonly string[];
  readonly derived: readonly string[];
}

/** How parameters and seed really go in, once the defaults are resolved against the command. */
export interface ResolvedPass {
  readonly parameters: ParameterDelivery;
  readonly seed: SeedDelivery;
}

/**
 * Resolves the defaults of `pass`: parameters go in by template where the command names one (or {arguments} or
 * {parameters_file}), otherwise as arguments; the seed by template where the command has {seed}. Depends on the
 * command alone, so that it is the same for every trial, whichever parameters are active.
 */
export function resolvePass(settings: Pick<TrialSettings, "command" | "pass">): ResolvedPass {
  const used = placeholdersOf(settings.command);
  const given = settings.pass.parameters ?? (used.some(holdsParameters) ? "template" : "arguments");
  return {
    parameters: typeof given === "string" ? shortDelivery(given) : given,
    seed: settings.pass.seed ?? (used.includes("seed") ? "template" : "none"),
  };
}

/**
 * How parameters go in that an edit of the training code declares: as all others, but that a template cannot name what
 * came after it. There they are appended as `--name=value`, unless {arguments} or {parameters_file} holds them anyway.
 */
export function declaredDelivery(
  settings: Pick<TrialSettings, "command" | "pass">,
): Exclude<ParameterDelivery, { readonly to: "template" }> {
  const { parameters } = resolvePass(settings);
  if (parameters.to !== "template") return parameters;
  const inFile = usesParameterFile(settings) && !placeholdersOf(settings.command).includes("arguments");
  return inFile ? { to: "file", path: "parameters.json" } : { to: "arguments", form: "--name=value" };
}

/**
 * Checks all that can be wrong with the command before any trial runs, apart from what is on the machine.
 *
 * @throws AgentTuneError `command_invalid` or `source_rewrite_failed`
 */
export async function checkPass(settings: TrialSettings, base: string, names: SpaceNames): Promise<ResolvedPass> {
  const { command } = settings;
  if (settings.shell && typeof command !== "string") {
    throw invalid(
      "A command for the shell must be one line, not a list.",
      command,
      'Write it as one line, or set "shell: false".',
    );
  }
  const clash = names.parameters.find((name) => placeholdersOf(command).includes(name) && isFixed(name));
  if (clash !== undefined) {
    throw invalid(
      `{${clash}} could be the parameter or what agent-tune means by it.`,
      command,
      `Rename the parameter ${clash}.`,
    );
  }
  const known = [...names.parameters, ...names.derived];
  checkPlaceholders(command, known);
  // Filled with anything at all, the command shows what is wrong with its quotes and words.
  const anything = Object.fromEntries([...known, ...fixedPlaceholders].map((name) => [name, "x"]));
  fill(settings, anything, [], ["x"], []);
  const pass = resolvePass(settings);
  const used = placeholdersOf(command);
  if (pass.parameters.to === "template") {
    const reached = names.parameters.filter((name) => used.includes(name));
    if (reached.length === 0 && !used.includes("arguments") && !used.includes("parameters_file")) {
      throw invalid(
        "No parameter reaches the command.",
        command,
        "Name parameters in the command, as in --lr={lr}, or choose another way in pass.parameters.",
      );
    }
    const missed = names.parameters.filter((name) => !used.includes(name) && !names.declared?.includes(name));
    if (missed.length > 0 && !used.includes("arguments") && !used.includes("parameters_file")) {
      throw invalid(
        `The parameter ${missed.join(", ")} does not reach the command.`,
        command,
        `Add {${missed[0]}} or {arguments} to the command, or choose another way in pass.parameters.`,
      );
    }
  }
  if (pass.parameters.to === "file" && !used.includes("parameters_file") && !used.includes("folder")) {
    throw invalid(
      "The parameter file is written, but the command does not name it.",
      command,
      "Add {parameters_file} to the command.",
    );
  }
  if (pass.seed === "template" && !used.includes("seed")) {
    throw invalid(
      "The seed goes in by template, but the command has no {seed}.",
      command,
      "Add {seed} to the command, or choose another way in pass.seed.",
    );
  }
  if (pass.parameters.to === "file" && pass.parameters.base !== undefined) {
    const keys =
      typeof pass.seed === "object" && "key" in pass.seed ? [...names.parameters, pass.seed.key] : names.parameters;
    await checkBase(resolve(base, settings.cwd, pass.parameters.base), keys);
  }
  if (pass.parameters.to === "constants") await checkSource(settings, base, pass.parameters.source, names, pass.seed);
  return pass;
}

/**
 * Writes what the command reads and fills its template.
 *
 * @param base folder of the study file, to which `cwd` is relative
 * @param parent environment of the controller
 * @param own variables that the executor adds
 */
export async function prepareCommand(
  settings: TrialSettings,
  base: string,
  task: TrialTask,
  parent: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Promise<PreparedCommand> {
  const cwd = resolve(base, settings.cwd);
  const folder = resolve(task.folder);
  await writing(folder, mkdir(folder, { recursive: true }));
  const values = task.configuration;
  const pass = resolvePass(settings);
  const { parameters, seed } = pass;

  const file =
    parameters.to === "file" ? parameters : usesParameterFile(settings) ? { path: "parameters.json" } : undefined;
  const fileValues = typeof seed === "object" && "key" in seed ? { ...values, [seed.key]: task.seed } : values;
  const parametersFile =
    file === undefined
      ? undefined
      : await writing(
          folder,
          writeParameterFile(
            folder,
            file.path,
            ("format" in file ? file.format : undefined) ?? formatOf(file.path),
            fileValues,
            "base" in file && file.base !== undefined ? resolve(cwd, file.base) : undefined,
          ),
        );

  const placeholders: Record<string, ParameterValue> = {
    ...task.derived,
    ...values,
    seed: task.seed,
    trial: task.number,
    folder,
    ...(parametersFile === undefined ? {} : { parameters_file: parametersFile }),
  };
  const form = parameters.to === "arguments" ? parameters.form : "--name=value";
  const flags = Object.entries(values).flatMap(([name, value]) => argumentWords(form, name, textOf(value)));
  const seedFlags = typeof seed === "object" && "argument" in seed ? [`${seed.argument}=${task.seed}`] : [];
  const appended = parameters.to === "arguments" ? flags : declaredFlags(settings, task);
  const filled = fill(settings, placeholders, appended, flags, seedFlags);

  let words = filled.words;
  if (parameters.to === "constants") {
    const source = resolve(cwd, parameters.source);
    const constants =
      typeof seed === "object" && "constant" in seed ? { ...values, [seed.constant]: task.seed } : values;
    const { writeConstantsCopy } = await constantsCopy();
    const copy = await writing(folder, writeConstantsCopy(source, cwd, join(folder, "source"), constants));
    words = settings.shell
      ? words.map((word, index) =>
          index === words.length - 1 ? word.replaceAll(parameters.source, () => shellQuote(copy)) : word,
        )
      : words.map((word) => (namesSource(word, cwd, source) ? copy : word));
  }

  const passed = {
    ...(parameters.to === "environment" ? prefixed(values, parameters.prefix) : {}),
    ...(typeof seed === "object" && "environment" in seed ? { [seed.environment]: String(task.seed) } : {}),
    ...filled.variables,
  };
  return { words, environment: taskEnvironment(settings, task, parent, own, passed), cwd };
}

/**
 * The whole environment of a trial's process.
 *
 * @param parent environment of the controller
 * @param own variables that the executor adds; win over everything
 * @param passed parameters and values of the command that travel as variables
 */
export function taskEnvironment(
  settings: Pick<TrialSettings, "env" | "env_pass">,
  task: TrialTask,
  parent: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  passed: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return trialEnvironment({
    parent,
    pass: settings.env_pass,
    constants: settings.env,
    own: {
      ...passed,
      AGENT_TUNE_STUDY: task.study,
      AGENT_TUNE_TRIAL: String(task.number),
      AGENT_TUNE_SEED: String(task.seed),
      AGENT_TUNE_FOLDER: resolve(task.folder),
      // Output through a pipe is held back by default; metrics are wanted as they are printed.
      ...((settings.env.PYTHONUNBUFFERED ?? parent.PYTHONUNBUFFERED) === undefined ? { PYTHONUNBUFFERED: "1" } : {}),
      ...own,
    },
  });
}

function fill(
  settings: TrialSettings,
  values: Readonly<Record<string, ParameterValue>>,
  appended: readonly string[],
  flags: readonly string[],
  seedFlags: readonly string[],
) {
  const placed = placeholdersOf(settings.command).includes("arguments");
  const given = { values, arguments: [...flags, ...(placed ? seedFlags : [])] };
  const tail = placed ? [] : [...appended, ...seedFlags];
  if (settings.shell && typeof settings.command === "string") {
    const line = tail.length === 0 ? settings.command : `${settings.command} {arguments}`;
    return fillShellLine(line, placed ? given : { values, arguments: tail });
  }
  const filled = fillWords(settings.command, given);
  return { ...filled, words: [...filled.words, ...tail] };
}

/** Arguments for what the code version declares, where nothing else in the command would pass it on. */
function declaredFlags(settings: TrialSettings, { declared = [], configuration }: TrialTask): readonly string[] {
  const delivery = declaredDelivery(settings);
  if (resolvePass(settings).parameters.to !== "template" || delivery.to !== "arguments") return [];
  const named = placeholdersOf(settings.command);
  return declared.flatMap((name) => {
    const value = configuration[name];
    return value === undefined || named.includes(name) ? [] : argumentWords(delivery.form, name, textOf(value));
  });
}

/** Placeholders that are no parameter are fixed ones, of which two hold all parameters. */
function holdsParameters(name: string): boolean {
  return !isFixed(name) || name === "arguments" || name === "parameters_file";
}

function shortDelivery(to: "template" | "arguments" | "environment" | "file"): ParameterDelivery {
  switch (to) {
    case "environment":
      return { to, prefix: "" };
    case "file":
      return { to, path: "parameters.json" };
    case "arguments":
      return { to, form: "--name=value" };
    case "template":
      return { to };
  }
}

function argumentWords(form: "--name=value" | "--name value" | "name=value", name: string, value: string): string[] {
  switch (form) {
    case "--name=value":
      return [`--${name}=${value}`];
    case "--name value":
      return [`--${name}`, value];
    case "name=value":
      return [`${name}=${value}`];
  }
}

async function checkSource(
  settings: TrialSettings,
  base: string,
  sourcePath: string,
  names: SpaceNames,
  seed: SeedDelivery,
): Promise<void> {
  const cwd = resolve(base, settings.cwd);
  const source = resolve(cwd, sourcePath);
  const words =
    typeof settings.command === "string"
      ? settings.shell
        ? settings.command.split(/\s+/)
        : splitWords(settings.command)
      : settings.command;
  if (!words.some((word) => namesSource(word, cwd, source))) {
    throw invalid(
      `The command does not name the source ${sourcePath}, so it would run without the parameters.`,
      settings.command,
      `Write the command as in "python ${sourcePath}"; "python -m" cannot run a copy.`,
    );
  }
  let text: string;
  try {
    text = await readFile(source, "utf8");
  } catch (cause) {
    throw new AgentTuneError("source_rewrite_failed", {
      message: `The source ${sourcePath} cannot be read.`,
      where: source,
      remedy: "Check pass.parameters.source; it is relative to cwd.",
      cause,
    });
  }
  const { checkConstants } = await constantsCopy();
  checkConstants(
    text,
    typeof seed === "object" && "constant" in seed ? [...names.parameters, seed.constant] : names.parameters,
    source,
  );
}

/** Loaded where it is needed only, as it brings a parser of Python with it. */
function constantsCopy() {
  return import("./constants-copy.js");
}

/** Whether a word of a command names the source file. */
function namesSource(word: string, cwd: string, source: string): boolean {
  return resolve(cwd, word) === source;
}

/** Gives a failed write of a trial's files its name. */
async function writing<T>(folder: string, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (AgentTuneError.isInstance(cause)) throw cause;
    const full = code === "ENOSPC" || code === "EDQUOT";
    throw new AgentTuneError(full ? "store_full" : "store_unwritable", {
      message: full
        ? "The disk is full, so the trial's files cannot be written."
        : "The trial's files cannot be written.",
      where: folder,
      remedy: full ? "Free some space and resume." : "Check the folder and who may write to it.",
      cause,
    });
  }
}

function usesParameterFile(settings: Pick<TrialSettings, "command">): boolean {
  return placeholdersOf(settings.command).includes("parameters_file");
}

function prefixed(values: Configuration, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, textOf(value)]));
}

function isFixed(name: string): boolean {
  return fixedPlaceholders.some((fixed) => fixed === name);
}

function shellQuote(text: string): string {
  return isAbsolute(text) && /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function invalid(message: string, command: string | readonly string[], remedy: string): AgentTuneError {
  return new AgentTuneError("command_invalid", {
    message,
    where: typeof command === "string" ? command : command.join(" "),
    remedy,
  });
}

import { basename, join } from "node:path";
import { AgentTuneError } from "../errors.js";
import type { ParameterValue } from "../space/parameter.js";
import { fillWords } from "../trials/command/fill.js";
import { checkPlaceholders, placeholdersOf } from "../trials/command/template.js";
import type { PreparedCommand, SpaceNames } from "../trials/pass/prepare.js";
import type { MetricsSettings } from "../trials/settings.js";
import type { TrialTask } from "../trials/trial-run.js";
import type { EvaluationCommand } from "./code-running.js";

/** Placeholders that only trainings have: what they name is in the training's hands, or means nothing here. */
const notForEvaluation = ["parameters_file", "arguments"];
/** Placeholders that only evaluations have. */
const own = ["checkpoint", "project"];

/**
 * Checks what can be wrong with an evaluation's command before anything runs.
 *
 * @throws AgentTuneError `command_invalid`
 */
export function checkEvaluation({ command }: Pick<EvaluationCommand, "command">, names: SpaceNames): void {
  const where = typeof command === "string" ? command : command.join(" ");
  const ambiguous = own.find((name) => names.parameters.includes(name) && placeholdersOf(command).includes(name));
  if (ambiguous !== undefined) {
    throw new AgentTuneError("command_invalid", {
      message: `{${ambiguous}} could be the parameter or what agent-tune means by it.`,
      where,
      remedy: `Rename the parameter ${ambiguous}.`,
    });
  }
  checkPlaceholders(command, [...names.parameters, ...names.derived, ...own]);
  const refused = placeholdersOf(command).find((name) => notForEvaluation.includes(name));
  if (refused !== undefined) {
    throw new AgentTuneError("command_invalid", {
      message: `An evaluation has no {${refused}}.`,
      where,
      remedy: "Name parameters one by one, as in --depth={depth}.",
    });
  }
  const words = fillWords(command, { values: {}, arguments: [] }).words;
  if ((words[0] ?? "") === "") {
    throw new AgentTuneError("command_invalid", {
      message: "The evaluation's command is empty.",
      where,
      remedy: "Write the program to run.",
    });
  }
}

/**
 * What is started to evaluate one trial.
 *
 * @param folder of the attempt, absolute
 * @param project folder of the study file, absolute: where the holdout is, which no checkout has
 * @param cwd within the checkout that the evaluation runs from
 * @param environment as the training got it
 */
export function prepareEvaluation(
  { command, checkpoint }: EvaluationCommand,
  task: TrialTask,
  folder: string,
  project: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
): PreparedCommand {
  const values: Record<string, ParameterValue> = {
    ...task.derived,
    ...task.configuration,
    seed: task.seed,
    trial: task.number,
    folder,
    project,
    checkpoint: checkpoint === undefined ? folder : join(folder, checkpoint),
  };
  const { words } = fillWords(command, { values, arguments: [] });
  return { words: isolatedPython(words), environment, cwd };
}

/**
 * Gives Python the flags -E -s -u, unless the person wrote any of the isolating ones. It then takes nothing from
 * PYTHON* variables and from the user's own packages. That is -I but for one thing: the folder of the script stays
 * where modules are looked for. -I and -P remove it, and `import model` beside eval.py fails (tried with Python 3.8,
 * 3.11 and 3.13); it is in a checkout that was verified and is read-only, so there is nothing to keep out.
 */
export function isolatedPython(words: readonly string[]): readonly string[] {
  const [program = "", ...rest] = words;
  if (!/^(?:python|pypy)(?:\d+(?:\.\d+)*)?$/.test(basename(program))) return words;
  const given = optionsOf(rest);
  return given.some((option) => /^-[A-Za-z]*[EIPs]/.test(option)) ? words : [program, "-E", "-s", "-u", ...rest];
}

/** Python's own options: what stands before the script, -c or -m. */
function optionsOf(words: readonly string[]): readonly string[] {
  const options: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!word.startsWith("-") || word === "-" || /^-[A-Za-z]*[cm]/.test(word)) break;
    options.push(word);
    // These take the next word as their value.
    if (word === "-W" || word === "-X" || word === "--check-hash-based-pycs") i++;
  }
  return options;
}

/** How the evaluation's metrics are read: from what it prints, as the training's are; a file would be the training's. */
export function evaluationMetrics(metrics: MetricsSettings): MetricsSettings {
  return metrics.from === "file" ? { from: "lines", step: ["step", "epoch", "iter", "iteration", "round"] } : metrics;
}

import { basename } from "node:path";
import { AgentTuneError } from "../../errors.js";
import {
  guessDirection,
  type MetricCandidate,
  type ProposedSpace,
  proposeSpace,
  readSettings,
  type ScriptReading,
} from "../../space/importers/index.js";

/** A study as it can be proposed from a script alone; write.ts turns it into the text of a study file. */
export interface StudyDraft {
  readonly study: string;
  /** File that the draft was read from, as the command names it. */
  readonly source: string;
  readonly task?: string;
  readonly command: string;
  /** What a person has to do before the study can run, one sentence each. */
  readonly toDo: readonly string[];
  readonly space: ProposedSpace;
  readonly metric: MetricCandidate | undefined;
  /** Other metrics that the script seems to print. */
  readonly otherMetrics: readonly MetricCandidate[];
  readonly trials: number;
  /** Model that improved the draft, `provider:name`. */
  readonly improvedBy?: string;
}

export interface DraftOptions {
  readonly study?: string;
  readonly task?: string;
  /** Program that runs Python scripts. */
  readonly python?: string;
  /** Command instead of the drafted one. */
  readonly command?: string;
  /** Name of the metric instead of the likeliest one. */
  readonly metric?: string;
  readonly direction?: "minimize" | "maximize";
  readonly trials?: number;
}

/**
 * Drafts a study from a training script or its file of defaults, without running anything.
 *
 * @param source relative to the folder of the study file
 * @throws AgentTuneError `script_unreadable` where nothing in it can be tuned
 */
export function draftStudy(text: string, source: string, options: DraftOptions = {}): StudyDraft {
  const reading = readSettings(text, source);
  const space = proposeSpace(reading);
  if (space === undefined || space.parameters.length === 0) throw nothingToTune(reading, space);
  const metric = chosenMetric(reading.metrics, options);
  const otherMetrics = reading.metrics.filter(({ name }) => name !== metric?.name);
  return {
    study: options.study ?? studyName(source),
    source,
    ...(options.task === undefined ? {} : { task: options.task }),
    command: options.command ?? commandFor(source, space, options.python ?? "python"),
    toDo: toDo(reading, space, metric, options.command !== undefined),
    space,
    metric,
    otherMetrics,
    trials: options.trials ?? 50,
  };
}

function chosenMetric(
  found: readonly MetricCandidate[],
  { metric, direction }: DraftOptions,
): MetricCandidate | undefined {
  const chosen =
    metric === undefined
      ? found[0]
      : (found.find(({ name }) => name === metric) ?? {
          name: metric,
          direction: "minimize" as const,
          certain: false,
          ...guessDirection(metric),
          from: "lines" as const,
        });
  return chosen === undefined || direction === undefined ? chosen : { ...chosen, direction, certain: true };
}

function nothingToTune(reading: ScriptReading, space: ProposedSpace | undefined): AgentTuneError {
  const first = space?.skipped[0];
  const seen =
    space === undefined
      ? "It has no ALL_CAPS constants, command-line options, dataclass or keys with literal defaults."
      : `It has ${space.skipped.length} settings, none of them tunable${first === undefined ? "" : `, for example ${first.name}: ${first.reason}`}.`;
  return new AgentTuneError("script_unreadable", {
    message: `Nothing that could be tuned was found in ${reading.path}. ${seen}`,
    where: reading.unreadableLines[0] === undefined ? reading.path : `${reading.path}:${reading.unreadableLines[0]}`,
    remedy:
      "Put what should be tuned on lines like 'LEARNING_RATE = 3e-4' at the top of the script, name the JSON or YAML file of settings that it reads instead of it, or write agent-tune.yaml by hand.",
  });
}

/** Where all options are named like their parameters, agent-tune can add them itself; otherwise the command does. */
export function passesPlainArguments(space: ProposedSpace): boolean {
  return space.parameters.every(({ parameter, flag }) => flag === `--${parameter.name}`);
}

export function passesOptions(space: ProposedSpace): boolean {
  return space.parameters.every(({ flag }) => flag !== undefined);
}

function commandFor(source: string, space: ProposedSpace, python: string): string {
  const script = /\s|["'{}]/.test(source) ? `'${source.replaceAll("{", "{{").replaceAll("}", "}}")}'` : source;
  if (space.style === "config-file") return `${python} train.py --config {parameters_file}`;
  if (!passesOptions(space) || passesPlainArguments(space)) return `${python} ${script}`;
  const seed = space.seed?.flag === undefined ? [] : [`${space.seed.flag}={seed}`];
  return [
    python,
    script,
    ...space.parameters.map(({ parameter, flag }) => `${flag}={${parameter.name}}`),
    ...seed,
  ].join(" ");
}

function toDo(
  reading: ScriptReading,
  space: ProposedSpace,
  metric: MetricCandidate | undefined,
  commandGiven: boolean,
): string[] {
  const tasks: string[] = [];
  if (reading.required.length > 0 && !commandGiven) {
    const names = reading.required.map(({ name, flag, line }) => `${flag ?? name} (line ${line})`);
    tasks.push(`Add to the command what ${reading.path} cannot run without: ${names.join(", ")}.`);
  }
  if (space.style === "config-file" && !commandGiven) {
    tasks.push(
      "Write the command of your training script in place of train.py, and how it is given the file of parameters.",
    );
  }
  if (metric === undefined) {
    tasks.push(
      "Write the name of the metric that the command prints, as in 'val_loss: 0.123', and which way is better.",
    );
  } else if (!metric.certain) {
    tasks.push(`Check that ${metric.name} is what should be optimised, and which way is better.`);
  }
  if (reading.unreadableLines.length > 0) {
    const [first, ...more] = reading.unreadableLines;
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    tasks.push(`Line ${first}${others} of ${reading.path} could not be read; settings there may be missing.`);
  }
  return tasks;
}

function studyName(source: string): string {
  const name = basename(source)
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 60);
  return name === "" ? "study" : name;
}

import { Command, InvalidArgumentError, Option } from "commander";
import type { Terminal } from "../../src/cli/terminal.js";
import { AgentTuneError } from "../../src/errors.js";
import { methodNames } from "../methods/index.js";
import { suiteNamed, suites } from "../suites/index.js";

/** What was said on the command line of `npm run eval`, checked as far as it can be without anything else. */
export interface EvaluationOptions {
  readonly suite: string;
  readonly methods?: readonly string[];
  readonly tasks?: readonly string[];
  readonly seeds?: number;
  readonly trials?: number;
  readonly workers: number;
  readonly model?: string;
  readonly anonymised: boolean;
  readonly budget?: "trials" | "time";
  readonly parallel?: number;
  readonly reference?: string;
  readonly out?: string;
  readonly cache?: string;
  readonly anyCode: boolean;
  readonly record?: string;
  readonly replay?: string;
  /** US dollars. */
  readonly maxCost?: number;
  /** A result to write the reports of again. */
  readonly from?: string;
  readonly list: boolean;
}

/**
 * @param args what follows the program's name
 * @param show takes the help, and what is wrong
 * @throws CommanderError for what cannot be read, and after `--help`, when it has been said; AgentTuneError `usage` for
 *   a suite that there is not, and for words that belong to no option
 */
export function readOptions(args: readonly string[], show: Pick<Terminal, "out" | "err">): EvaluationOptions {
  const names = (text: string) => text.split(",").map((name) => name.trim());
  const running: readonly Option[] = [
    new Option("--methods <names>", "instead of the suite's, with commas between them").argParser(methodNames),
    new Option("--tasks <names>", "instead of the suite's; own/ means all of that family").argParser(names),
    new Option("--seeds <n>", "runs of each method on each task").argParser(count),
    new Option("--trials <n>", "most trials of a run").argParser(count),
    new Option("--model <name>", "what MODEL stands for in the suite: provider:name, replay:FOLDER"),
    new Option("--anonymised", "every task without names, units and scales").default(false),
    new Option("--budget <kind>", "what all runs have the same of").choices(["trials", "time"]),
    new Option("--parallel <n>", "trials of a run at once").argParser(count),
    new Option("--reference <method>", "what every other method is compared with"),
    new Option("--workers <n>", "processes").argParser(count).default(1),
    new Option("--cache <file>", "where finished runs are kept"),
    new Option("--any-code", "use kept runs of other versions too").default(false),
    new Option("--record <folder>", "where to keep what is said to and by models"),
    new Option("--replay <folder>", "answer from recordings; no model is asked"),
    new Option("--max-cost <usd>", "cap on what all runs spend on models, in US dollars").argParser(money),
  ];
  const program = new Command("npm run eval --")
    .description("Runs methods side by side on problems with known answers, and says what the runs show.")
    .allowExcessArguments()
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("  do: see what there is with npm run eval -- --help")
    .configureOutput({ writeOut: (text) => show.out(text), writeErr: (text) => show.err(text) })
    .option("--suite <name>", "the question", (name) => suiteNamed(name).name, "smoke");
  for (const option of running) program.addOption(option);
  program
    .option("--out <folder>", "where results are written")
    .addOption(
      new Option("--from <file>", "write the reports of a kept result again, and run nothing").conflicts([
        "suite",
        ...running.map((option) => option.attributeName()),
      ]),
    )
    .option("--list", "what suites there are", false)
    .parse([...args], { from: "user" });
  const [word] = program.args;
  if (word !== undefined) {
    throw new AgentTuneError("usage", {
      message: `"${word}" belongs to no option.`,
      remedy: suites.some(({ name }) => name === word)
        ? `Did you mean --suite ${word}?`
        : "See what there is with npm run eval -- --help.",
    });
  }
  return program.opts<EvaluationOptions>();
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Give a whole number from 1.");
}

function money(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("Give an amount in US dollars, for example 2.50.");
}

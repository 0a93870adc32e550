import { Command, InvalidArgumentError, Option } from "commander";
import type {
  ApplyChoice,
  DoctorChoice,
  ExportChoice,
  InitChoice,
  ResumeChoice,
  RunChoice,
  StudyChoice,
} from "./choices.js";
import type { EvalChoice, FetchChoice } from "./commands/eval.js";
import { packageVersion } from "./package-version.js";
import type { Terminal } from "./terminal.js";

/**
 * The command line. Every action imports what it needs when it runs, so that `--help` and `status` start fast.
 */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("agent-tune")
    .description("Tunes training runs: a classical optimizer and a language model share one state and take turns.")
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("  do: see what there is with agent-tune --help, or agent-tune COMMAND --help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) });

  program
    .command("init")
    .description("read a training script and write agent-tune.yaml for it")
    .argument("<script>", "training script, or a JSON or YAML file with its defaults")
    .option("-o, --output <file>", "where to write", "agent-tune.yaml")
    .option("--force", "overwrite an existing file")
    .option("--command <command>", "command that runs the script, where it cannot be guessed")
    .option("--metric <name>", "metric to optimise, where it cannot be guessed")
    .addOption(new Option("--direction <direction>", "which way is better").choices(["minimize", "maximize"]))
    .option("--model <name>", "let this model improve names, units and ranges (provider:name, auto or none)", "none")
    .option("--json", "print what was found as JSON")
    .action(async (script: string, options: InitChoice) => {
      const { init } = await import("./commands/init.js");
      await init(terminal, script, options);
    });

  runOptions(program.command("run").description("carry out the study of agent-tune.yaml"))
    .option("-c, --config <file>", "study file", "agent-tune.yaml")
    .action(async (options: RunChoice) => {
      const { run } = await import("./commands/run.js");
      await run(terminal, options);
    });

  resumeOptions(
    studyOptions(
      program.command("resume").description("go on with a study that was interrupted, or that is given more budget"),
    ),
  ).action(async (name: string | undefined, options: ResumeChoice) => {
    const { resume } = await import("./commands/resume.js");
    await resume(terminal, { ...options, ...(name === undefined ? {} : { study: name }) });
  });

  for (const [command, description] of [
    ["status", "how a study stands"],
    ["trials", "all trials of a study"],
    ["best", "the best configuration, ready to copy"],
  ] as const) {
    studyOptions(program.command(command).description(description)).action(
      async (name: string | undefined, options: StudyChoice) => {
        const views = await import("./commands/views.js");
        await views[command](terminal, { ...options, ...(name === undefined ? {} : { study: name }) });
      },
    );
  }

  program
    .command("show")
    .description("one trial in full: configuration, reason, metrics, curve, end of its log")
    .argument("<number>", "number of the trial", wholeNumber)
    .option("-s, --study <study>", "name or id; the newest where not given")
    .option("-C, --directory <folder>", "folder with the study's .agent-tune")
    .option("--json", "print JSON")
    .action(async (number: number, options: StudyChoice) => {
      const { show } = await import("./commands/views.js");
      await show(terminal, number, options);
    });

  codeCommands(program.command("code"), terminal);

  program
    .command("predict")
    .description("what to expect of a configuration: value with interval, and how likely it is to fail")
    .argument("[values...]", "name=value; what is not given is as in the best trial so far")
    .option("-s, --study <study>", "name or id; the newest where not given")
    .option("-C, --directory <folder>", "folder with the study's .agent-tune")
    .option("--json", "print JSON")
    .action(async (given: string[], options: StudyChoice) => {
      const { predict } = await import("./commands/views.js");
      await predict(terminal, given, options);
    });

  studyOptions(program.command("report").description("write the report of a study again")).action(
    async (name: string | undefined, options: StudyChoice) => {
      const { report } = await import("./commands/views.js");
      await report(terminal, { ...options, ...(name === undefined ? {} : { study: name }) });
    },
  );

  studyOptions(
    program.command("recording").description("print what was said to and by the model, for --replay"),
  ).action(async (name: string | undefined, options: StudyChoice) => {
    const { recording } = await import("./commands/views.js");
    recording(terminal, { ...options, ...(name === undefined ? {} : { study: name }) });
  });

  program
    .command("serve")
    .description("speak JSON-RPC on standard input and output: ask and tell for other languages")
    .action(async () => {
      const { serve } = await import("./commands/serve.js");
      await serve(terminal);
    });

  program
    .command("doctor")
    .description("check machine, keys, model, command, space and store, and say what to mend")
    .option("-c, --config <file>", "study file", "agent-tune.yaml")
    .option("--model <name>", "model to check instead of the study file's")
    .option("--online", "ask the model for one word, which costs a few tokens")
    .option("--json", "print JSON")
    .action(async (options: DoctorChoice) => {
      const { doctor } = await import("./commands/doctor.js");
      await doctor(terminal, options);
    });

  runOptions(
    program.command("demo").description("tune the bundled character language model, under two minutes"),
  ).action(async (options: RunChoice) => {
    const { demo } = await import("./commands/demo.js");
    await demo(terminal, options);
  });

  evalCommand(program.command("eval"), terminal);

  return program;
}

/** The versions of training code that a study has made. */
function codeCommands(command: Command, terminal: Terminal): void {
  command.description("versions of the training code: look at them, take one");

  studyOptions(command.command("tree").description("all versions, with what was measured of each")).action(
    async (name: string | undefined, options: StudyChoice) => {
      const { tree } = await import("./commands/code.js");
      tree(terminal, { ...options, ...(name === undefined ? {} : { study: name }) });
    },
  );

  versionOptions(
    command.command("show").description("one version in full: reason, measurements, what to look at, trials, diff"),
  )
    .option("--json", "print JSON")
    .action(async (version: string, options: StudyChoice) => {
      const { show } = await import("./commands/code.js");
      await show(terminal, version, options);
    });

  command
    .command("diff")
    .description("unified diff of two versions, for git apply")
    .argument("<from>", "id of a version, or head")
    .argument("<to>", "id of a version, or head")
    .option("-s, --study <study>", "name or id; the newest where not given")
    .option("-C, --directory <folder>", "folder with the study's .agent-tune")
    .action(async (from: string, to: string, options: StudyChoice) => {
      const { diff } = await import("./commands/code.js");
      await diff(terminal, from, to, options);
    });

  versionOptions(
    command.command("apply").description("make a branch in your repository, with a commit for each change"),
  )
    .option("--held", "also what is held for you to judge: you have looked at it")
    .option("--json", "print JSON")
    .action(async (version: string, options: ApplyChoice) => {
      const { apply } = await import("./commands/code.js");
      await apply(terminal, version, options);
    });

  versionOptions(command.command("export").description("write a patch for each change, for git am"))
    .option("-o, --output <folder>", "where to; a folder named after the version where not given")
    .option("--held", "also what is held for you to judge: you have looked at it")
    .option("--json", "print JSON")
    .action(async (version: string, options: ExportChoice) => {
      const { exportPatches } = await import("./commands/code.js");
      await exportPatches(terminal, version, options);
    });
}

function versionOptions(command: Command): Command {
  return command
    .argument("[version]", "id of a version; the head where not given", "head")
    .option("-s, --study <study>", "name or id; the newest where not given")
    .option("-C, --directory <folder>", "folder with the study's .agent-tune");
}

/** Unlike other commands it has some of its own. */
function evalCommand(command: Command, terminal: Terminal): void {
  command
    .description("does a model help on this problem? compares advisors, and optimizers, over seeds")
    .option("-c, --config <file>", "study file", "agent-tune.yaml")
    .option("--advisors <names>", "none, rules, auto, provider:name; the others are compared with the first")
    .option("--optimizers <names>", "classical optimizers, with settings after a colon; the file's where not given")
    .option("--trials <n>", "trials of each study's search", positiveInteger)
    .option("--seeds <n>", "studies of each arm; as few as can show a difference where not given", positiveInteger)
    .addOption(new Option("--share <share>", "advisor's share of proposals: adaptive, or 0 to 1").argParser(share))
    .option("--parallel <n>", "trials of a study at once", positiveInteger)
    .option("--workers <n>", "studies at once", positiveInteger, 1)
    .option("--base-url <url>", "address of an OpenAI-compatible server")
    .option("--max-cost <usd>", "most that all model calls together may cost, in US dollars", nonNegative)
    .option(
      "--out <folder>",
      "another folder for results.json, report.md and report.html, which are kept beside the studies",
    )
    .option("--dry-run", "say what would run, and run nothing")
    .option("--json", "print one JSON document on standard output")
    .action(async (options: EvalChoice) => {
      const { evaluate } = await import("./commands/eval.js");
      await evaluate(terminal, options);
    });

  command
    .command("list")
    .description("benchmarks that can be run here, suites, and advisors that need no network")
    .option("--json", "print JSON")
    .action(async (_: unknown, own: Command) => {
      const { list } = await import("./commands/eval.js");
      // Commander gives an option that both have to the command above.
      await list(terminal, own.optsWithGlobals());
    });

  command
    .command("fetch")
    .description("download the benchmark data that has an address, verified")
    .option("--folder <folder>", "where to; ~/.cache/agent-tune/data where not given")
    .action(async (options: FetchChoice) => {
      const { fetchBenchmarks } = await import("./commands/eval.js");
      await fetchBenchmarks(terminal, options);
    });
}

function studyOptions(command: Command): Command {
  return command
    .argument("[study]", "name or id; the newest where not given")
    .option("-C, --directory <folder>", "folder with the study's .agent-tune")
    .option("--json", "print JSON");
}

function runOptions(command: Command): Command {
  workOptions(command);
  for (const option of searchOptions()) command.addOption(option);
  return command.option("--json", "print one JSON summary on standard output at the end");
}

/** What may be said of a study that has begun. The rest is taken too, to be refused with a reason. */
function resumeOptions(command: Command): Command {
  workOptions(command);
  for (const option of searchOptions()) command.addOption(option.hideHelp());
  return command.addOption(new Option("-c, --config <file>").hideHelp());
}

/** How much a study may use, who advises it, and how it is shown. */
function workOptions(command: Command): Command {
  return command
    .option("--trials <n>", "trials of the search", positiveInteger)
    .option("--time <duration>", "wall time of the search, for example 8h")
    .option("--cost <usd>", "most that model calls may cost, in US dollars", nonNegative)
    .option("--tokens <n>", "most tokens that model calls may use", wholeNumber)
    .option("--advisor <advisor>", "auto, none (the optimizer alone), rules, or provider:name")
    .option("--model <name>", "openai:NAME, anthropic:NAME or compatible:NAME@URL; the same as --advisor with a model")
    .option("--base-url <url>", "address of an OpenAI-compatible server")
    .option("--parallel <n>", "trials at once", positiveInteger)
    .option("--replay <recording>", "answer from a recording instead of a model, without a network")
    .option("--plain", "plain lines instead of the live display");
}

/** How a study searches, from its first trial to its last. */
function searchOptions(): readonly Option[] {
  return [
    new Option("--share <share>", "advisor's share of proposals: adaptive, or 0 to 1").argParser(share),
    new Option("--review <what>", "what the advisor sees in a turn").choices(["trial", "generation"]),
    new Option("--optimizer <name>", "classical optimizer, with settings after a colon: cma-es:restarts=bipop"),
    new Option("--warm-start <study>", "earlier study whose results shape the optimizer's start"),
    new Option("--seed <n>", "seed of the study").argParser(seed),
    new Option("--edit <patterns...>", "files that the model may edit: training code becomes part of the search"),
    new Option("--sandbox <how>", "how edited code is confined: auto, require, off, or container:IMAGE"),
  ];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("Give a whole number from 0.");
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("Give a whole number from 1.");
  return value;
}

/** The same seeds as in a study file. */
function seed(text: string): number {
  const value = wholeNumber(text);
  if (value >= 2 ** 32) throw new InvalidArgumentError("Give a whole number below 4294967296.");
  return value;
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("Give a number from 0.");
  return value;
}

function share(text: string): "adaptive" | number {
  if (text === "adaptive") return text;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("Give adaptive, or a number from 0 to 1.");
  return value;
}

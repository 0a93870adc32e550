import { existsSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AgentTuneError, ExitCode } from "../../errors.js";
import { detectGpus } from "../../executors/index.js";
import { ModelCallError, openModel, resolveModelName } from "../../llm/index.js";
import { SearchSpace } from "../../space/index.js";
import { Store, writeFileAtomically } from "../../store/index.js";
import { parseStudyFile, type StudyDefinition } from "../../study/study-file/index.js";
import { preflight } from "../../trials/index.js";
import type { DoctorChoice } from "../choices.js";
import { storeFolderName } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** One thing that was looked at. `wrong` keeps a study from running, `note` does not. */
interface Finding {
  readonly subject: string;
  readonly verdict: "fine" | "note" | "wrong";
  readonly message: string;
  readonly remedy?: string;
}

const enoughDisk = 1024 ** 3;
const onlineDeadlineMs = 30_000;

/** `agent-tune doctor`: checks everything a study needs without running a trial, and says what to mend. */
export async function doctor(terminal: Terminal, options: DoctorChoice): Promise<void> {
  const path = resolve(terminal.cwd, options.config);
  const findings: Finding[] = [await machine(terminal), disk(dirname(path))];
  const definition = studyFile(path, findings);
  if (definition !== undefined) {
    findings.push(space(definition), await command(terminal, definition, path));
  }
  findings.push(...store(join(dirname(path), storeFolderName)));
  findings.push(
    await model(terminal, options.model ?? definition?.advisor.model ?? "auto", definition, options.online === true),
  );

  const wrong = findings.filter(({ verdict }) => verdict === "wrong");
  if (options.json) {
    terminal.out(JSON.stringify({ schema: "agent-tune/doctor/1", healthy: wrong.length === 0, findings }, null, 2));
  } else {
    for (const { subject, verdict, message, remedy } of findings) {
      terminal.out(`${verdict === "fine" ? "ok   " : verdict === "note" ? "note " : "WRONG"}  ${subject}: ${message}`);
      if (remedy !== undefined) terminal.out(`       do: ${remedy}`);
    }
    const nothing = definition === undefined ? "Nothing to mend; a study file is missing." : "Ready to run.";
    terminal.out(wrong.length === 0 ? nothing : `${wrong.length} to mend.`);
  }
  if (wrong.length > 0) terminal.setExitCode(ExitCode.configuration);
}

async function machine({ env }: Terminal): Promise<Finding> {
  const gpus = await detectGpus(env["PATH"]);
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB of memory`;
  return {
    subject: "machine",
    verdict: "fine",
    message: `Node ${process.versions.node}, ${cpus().length} cores, ${memory}, ${gpus.length === 0 ? "no GPU seen by nvidia-smi" : `${gpus.length} GPU${gpus.length === 1 ? "" : "s"}`}`,
  };
}

function disk(folder: string): Finding {
  const subject = "disk";
  if (!existsSync(folder))
    return { subject, verdict: "wrong", message: `${folder} does not exist`, remedy: "Check --config." };
  const probe = join(folder, `.agent-tune-doctor-${process.pid}`);
  try {
    writeFileAtomically(probe, "");
    rmSync(probe, { force: true });
  } catch (error) {
    return wrong(subject, error);
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const message = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${folder}`;
  return free < enoughDisk
    ? { subject, verdict: "note", message, remedy: "Logs and checkpoints of many trials need room; make some." }
    : { subject, verdict: "fine", message };
}

function studyFile(path: string, findings: Finding[]): StudyDefinition | undefined {
  const subject = "study file";
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      const message = `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      findings.push({ subject, verdict: "wrong", message, remedy: "Check the path and its permissions." });
      return undefined;
    }
    findings.push({
      subject,
      verdict: "note",
      message: `there is none at ${path}`,
      remedy: "Write one with: agent-tune init train.py",
    });
    return undefined;
  }
  try {
    const definition = parseStudyFile(text, { path });
    findings.push({ subject, verdict: "fine", message: `${path}, study ${definition.study}` });
    return definition;
  } catch (error) {
    findings.push(wrong(subject, error));
    return undefined;
  }
}

function space(definition: StudyDefinition): Finding {
  const searchSpace = SearchSpace.from(definition.space);
  const size = searchSpace.size();
  const count = searchSpace.parameters.length;
  const { metric, direction } = definition.objective;
  const message = `${count} parameter${count === 1 ? "" : "s"}${Number.isFinite(size) ? `, ${size} configurations` : ""}, ${direction} ${metric}`;
  return definition.budget.trials !== undefined && definition.budget.trials > size
    ? {
        subject: "space",
        verdict: "note",
        message,
        remedy: `The budget of ${definition.budget.trials} trials is more than there are configurations; the study ends when all have run.`,
      }
    : { subject: "space", verdict: "fine", message };
}

async function command(terminal: Terminal, definition: StudyDefinition, path: string): Promise<Finding> {
  try {
    const { program, cwd } = await preflight(definition.trial, {
      base: dirname(path),
      parent: terminal.env,
      names: {
        parameters: definition.space.parameters.map(({ name }) => name),
        derived: definition.space.derived.map(({ name }) => name),
      },
    });
    return { subject: "command", verdict: "fine", message: `${program}, in ${cwd}` };
  } catch (error) {
    return wrong("command", error);
  }
}

function store(folder: string): Finding[] {
  const subject = "store";
  try {
    const opened = Store.open(folder, { readonly: true });
    try {
      const problems = opened.check();
      const studies = opened.studies();
      if (problems.length > 0) {
        return problems.map((message) => ({
          subject,
          verdict: "wrong",
          message,
          remedy: "Copy the whole .agent-tune folder somewhere safe before you change anything; see docs/store.md.",
        }));
      }
      return [
        {
          subject,
          verdict: "fine",
          message: `${folder}, ${studies.length} ${studies.length === 1 ? "study" : "studies"}, undamaged`,
        },
      ];
    } finally {
      opened.close();
    }
  } catch (error) {
    // `init` leaves a folder without studies, next to the study file that it wrote.
    if (AgentTuneError.isInstance(error) && error.code === "study_unknown") {
      return [{ subject, verdict: "fine", message: "none yet; the first run makes it" }];
    }
    return [wrong(subject, error)];
  }
}

async function model(
  terminal: Terminal,
  name: string,
  definition: StudyDefinition | undefined,
  online: boolean,
): Promise<Finding> {
  const subject = "model";
  if (name === "none") return { subject, verdict: "fine", message: "none wanted: the optimizer works alone" };
  if (name === "rules") return { subject, verdict: "fine", message: "none wanted: the built-in rules advise" };
  const baseUrl = definition?.advisor.baseUrl;
  const options = { env: terminal.env, ...(baseUrl === undefined ? {} : { baseUrl }) };
  try {
    const address = resolveModelName(name, options);
    if (address === undefined) {
      return {
        subject,
        verdict: "note",
        message: "no key in the environment, so the built-in rules advise",
        remedy: "Set ANTHROPIC_API_KEY or OPENAI_API_KEY to use a model.",
      };
    }
    const where = `${address.provider}:${address.model} at ${new URL(address.baseUrl).host}`;
    if (!online) return { subject, verdict: "fine", message: `${where}, not asked; --online asks it for one word` };
    const opened = openModel(name, options);
    await opened?.ask(
      {
        key: "doctor/online",
        system: "Answer with one word.",
        messages: [{ role: "user", text: "Say ready." }],
        maxOutputTokens: 2_000,
      },
      { deadlineMs: onlineDeadlineMs },
    );
    return { subject, verdict: "fine", message: `${where}, answers` };
  } catch (error) {
    if (error instanceof ModelCallError) {
      return {
        subject,
        verdict: "wrong",
        message: `${name}: ${error.failure}: ${error.message}`,
        remedy: "See docs/models.md for what each failure means.",
      };
    }
    return wrong(subject, error);
  }
}

function wrong(subject: string, error: unknown): Finding {
  if (!AgentTuneError.isInstance(error)) throw error;
  const { message, where, remedy } = error;
  return {
    subject,
    verdict: "wrong",
    message: where === undefined ? message : `${message} (${where})`,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

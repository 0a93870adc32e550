import { dirname, resolve } from "node:path";
import type { CodeVersion } from "../../code/version.js";
import type { VersionStep } from "../../code/versions/index.js";
import { CodeRepository } from "../../code/versions/index.js";
import { AgentTuneError } from "../../errors.js";
import { codeTree } from "../../report/code-tree.js";
import { codeVersionText } from "../../report/code-version-text.js";
import { commandText } from "../../report/command-text.js";
import { diffText } from "../../report/diff-text.js";
import { shellWord } from "../../report/shell-word.js";
import { printable } from "../../report/terminal-text.js";
import { counted } from "../../report/value-format.js";
import { versionMessage } from "../../report/version-message.js";
import { systemClock } from "../../study/clock.js";
import { codeDocument, versionEntry } from "../../study/code/code-document.js";
import { type CodeReading, findVersion, lineage, readCode, versionReading } from "../../study/code/code-reading.js";
import { storedDefinition } from "../../study/stored-definition.js";
import type { ApplyChoice, ExportChoice, StudyChoice } from "../choices.js";
import { reading, whereabouts } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** A study with its versions, where they lie, and what finds it again from here. */
interface Opened {
  readonly code: CodeReading;
  readonly studyFolder: string;
  readonly at: ReturnType<typeof whereabouts>;
}

function open(terminal: Terminal, { directory, study }: StudyChoice): Opened {
  return reading(terminal, directory, (store) => {
    const { id } = store.findStudy(study);
    return { code: readCode(store, id), studyFolder: store.folderOf(id), at: whereabouts(terminal, store, id) };
  });
}

function repositoryOf(terminal: Terminal, { studyFolder }: Opened): Promise<CodeRepository> {
  return CodeRepository.open({ studyFolder, environment: terminal.env });
}

/** `agent-tune code tree`: all versions with what was measured of each. */
export function tree(terminal: Terminal, options: StudyChoice): void {
  const { code, at } = open(terminal, options);
  const document = codeDocument(code);
  terminal.out(
    options.json
      ? json(document)
      : codeTree(document, { width: process.stdout.columns ?? 100, ascii: terminal.env["TERM"] === "dumb", at }),
  );
}

/** `agent-tune code show V`: one version in full. */
export async function show(terminal: Terminal, asked: string, options: StudyChoice): Promise<void> {
  const opened = open(terminal, options);
  const { code } = opened;
  const version = findVersion(code, asked);
  const repository = await repositoryOf(terminal, opened);
  const parent = version.parent === null ? undefined : findVersion(code, version.parent);
  const diff = parent === undefined ? "" : await repository.diff(parent.commit, version.commit);
  const entry = versionEntry(code, version);
  if (options.json) {
    const trials = versionReading(code, version.id).trials.map(({ mark: _, ...trial }) => trial);
    terminal.out(
      json({ schema: "agent-tune/code-version/1", study: code.study.record.id, version: entry, runs: trials, diff }),
    );
    return;
  }
  const width = process.stdout.columns ?? 100;
  terminal.out(codeVersionText(code, entry, { diff, width, colour: colours(terminal) }));
}

/** `agent-tune code diff A B`: as git writes it; for a person who watches, coloured and without control characters. */
export async function diff(terminal: Terminal, from: string, to: string, options: StudyChoice): Promise<void> {
  const opened = open(terminal, options);
  const [a, b] = [findVersion(opened.code, from), findVersion(opened.code, to)];
  const text = await (await repositoryOf(terminal, opened)).diff(a.commit, b.commit);
  if (text === "") terminal.err(`${a.id} and ${b.id} have the same code.`);
  else terminal.out(process.stdout.isTTY === true ? diffText(text, colours(terminal)) : text);
}

/** `agent-tune code apply V`: a branch in the person's repository. */
export async function apply(terminal: Terminal, asked: string, options: ApplyChoice): Promise<void> {
  const opened = open(terminal, options);
  const { code } = opened;
  const { steps, notes, version } = takenSteps(opened, asked, options);
  const folder = personsFolder(code);
  const repository = await repositoryOf(terminal, opened);
  const applied = await repository.applyToRepository({
    folder,
    study: code.study.record.name,
    steps,
    at: systemClock.now(),
  });
  const { branch, commits } = applied;
  const all = [...notes, ...applied.notes];
  if (options.json) {
    terminal.out(json({ schema: "agent-tune/code-apply/1", version: version.id, folder, branch, commits, notes: all }));
    return;
  }
  const git = `git -C ${shellWord(folder)}`;
  const messages = new Map(steps.map(({ id, message }) => [id, message.split("\n")[0] ?? ""]));
  terminal.out(
    [
      `Made the branch ${branch} with ${counted(commits.length, "commit")}. Your files, index and branch are as they were.`,
      ...commits.map(({ id, commit }) => `  ${commit.slice(0, 10)} ${id} ${messages.get(id) ?? ""}`),
      ...all.map((note) => `note: ${note}`),
      "",
      `look at it    ${git} log -p HEAD..${shellWord(branch)}`,
      `take it       ${git} merge ${shellWord(branch)}`,
      `its numbers   ${commandText(`code show ${version.id}`, opened.at)}`,
      ...repository.notes.map((note) => `note: ${note}`),
    ].join("\n"),
  );
}

/** `agent-tune code export V`: patches, for `git am`. */
export async function exportPatches(terminal: Terminal, asked: string, options: ExportChoice): Promise<void> {
  const opened = open(terminal, options);
  const { steps, notes, version } = takenSteps(opened, asked, options);
  const folder = resolve(terminal.cwd, options.output ?? folderName(opened.code, version));
  const files = await (await repositoryOf(terminal, opened)).exportPatches({ folder, steps });
  if (options.json) {
    terminal.out(json({ schema: "agent-tune/code-export/1", version: version.id, files, notes }));
    return;
  }
  terminal.out(files.join("\n"));
  for (const note of notes) terminal.err(`note: ${note}`);
}

/**
 * The changes that make up a version, the first one first.
 *
 * @throws AgentTuneError `code_not_applicable` for a version that was not kept, `approval_needed` for a held one
 */
function takenSteps(
  { code, at }: Opened,
  asked: string,
  { held = false }: ApplyChoice,
): { readonly version: CodeVersion; readonly steps: readonly VersionStep[]; readonly notes: readonly string[] } {
  const version = findVersion(code, asked);
  const { id, status, reason } = version;
  if (status !== "kept" && status !== "held") throw notKept(code, version);
  const chain = lineage(code, id);
  const doubtful = chain.filter((each) => each.status === "held");
  const [first] = doubtful;
  if (first !== undefined && !held) {
    throw new AgentTuneError("approval_needed", {
      message:
        first.id === id
          ? `${id} is held. ${printable(reason)}`
          : `${id} contains ${first.id}, which is held. ${printable(first.reason)}`,
      where: `study ${code.study.record.id}, ${first.id}`,
      remedy: `Look at it with \`${commandText(`code show ${first.id}`, at)}\`; where it is honest, say --held.`,
    });
  }
  return {
    version,
    steps: chain.map((each) => ({ id: each.id, commit: each.commit, message: versionMessage(code, each.id) })),
    notes: chain
      .filter((each) => each.status === "rejected" || each.status === "failed" || each.status === "candidate")
      .map((each) => `${id} was made from ${each.id}, which by itself was not kept (${each.status}).`),
  };
}

function notKept({ study, head }: CodeReading, { id, status, reason }: CodeVersion): AgentTuneError {
  const why = {
    base: "it is your own code",
    candidate: "it is still being tried",
    rejected: `it was rejected: ${printable(reason)}`,
    failed: `it failed: ${printable(reason)}`,
    kept: "",
    held: "",
  }[status];
  return new AgentTuneError("code_not_applicable", {
    message: `${id} cannot be taken: ${why}`.replace(/[^.!?]$/, "$&."),
    where: `study ${study.record.id}, ${id}`,
    remedy:
      head === "v0"
        ? "No version was kept so far; `agent-tune code tree` shows all."
        : `Take the head, ${head}, or another that was kept; \`agent-tune code tree\` shows all.`,
  });
}

/** @throws AgentTuneError `code_not_applicable` */
function personsFolder({ study: { record } }: CodeReading): string {
  const definition = storedDefinition(record);
  if (definition.from === "file") return dirname(definition.path);
  throw new AgentTuneError("code_not_applicable", {
    message: "The study came from a program, which alone knows where its code is.",
    where: `study ${record.id}`,
    remedy: "Write patches with `agent-tune code export`.",
  });
}

/** `toy-v4`, without what a name of a study may have and a name of a folder may not. */
function folderName({ study }: CodeReading, { id }: CodeVersion): string {
  return `${study.record.name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+/, "")}-${id}`;
}

/** Whether standard output shows colours to a person. */
function colours({ env }: Terminal): boolean {
  return process.stdout.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { AgentTuneError } from "../../errors.js";
import { loadPrompt, ModelCallError, openModel } from "../../llm/index.js";
import { writeFileAtomically } from "../../store/index.js";
import {
  draftStudy,
  improvementJsonSchema,
  improvementSchema,
  improveSpace,
  parseStudyFile,
  renderStudyFile,
  type StudyDraft,
  studyFileJsonSchema,
} from "../../study/study-file/index.js";
import type { InitChoice } from "../choices.js";
import { storeFolderName } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** Longest script that is shown to a model; what is beyond is cut. */
const shownScript = 40_000;
/** A training script is text of some kilobytes; anything much larger was named by mistake. */
const largestScript = 4_000_000;
const deadlineMs = 90_000;

/** `agent-tune init train.py`: reads a script and writes a study file for it. Asks nothing. */
export async function init(terminal: Terminal, script: string, options: InitChoice): Promise<void> {
  const path = resolve(terminal.cwd, script);
  const output = resolve(terminal.cwd, options.output);
  if (existsSync(output) && !options.force) {
    throw new AgentTuneError("usage", {
      message: "There is a study file already; nothing was changed.",
      where: output,
      remedy: "Write elsewhere with --output, or replace it with --force.",
    });
  }
  const text = readScript(path);
  const python = findPython(terminal);
  const { command, metric, direction } = options;
  let draft = draftStudy(text, relative(dirname(output), path) || path, {
    python,
    ...(command === undefined ? {} : { command }),
    ...(metric === undefined ? {} : { metric }),
    ...(direction === undefined ? {} : { direction }),
  });
  const notes: string[] = [];
  if (options.model !== "none") draft = await improved(terminal, draft, text, options.model, notes);
  const rendered = renderStudyFile(draft);
  writeFileAtomically(output, rendered);
  // Editors complete and check the study file with it.
  const schema = join(dirname(output), storeFolderName, "agent-tune.schema.json");
  mkdirSync(dirname(schema), { recursive: true });
  writeFileAtomically(schema, `${JSON.stringify(studyFileJsonSchema(), null, 2)}\n`);
  for (const note of notes) terminal.err(`note: ${note}`);

  const shown = relative(terminal.cwd, output) || output;
  const problem = whatIsLeft(rendered, output);
  if (options.json) {
    terminal.out(
      JSON.stringify(
        {
          schema: "agent-tune/init/1",
          file: output,
          parameters: draft.space.parameters.map(({ parameter, reason }) => ({ ...parameter, reason })),
          skipped: draft.space.skipped,
          metric: draft.metric ?? null,
          command: draft.command,
          toDo: draft.toDo,
          problem: problem ?? null,
        },
        null,
        2,
      ),
    );
    return;
  }
  terminal.out(
    [
      `Wrote ${shown}: ${draft.space.parameters.length} parameters${draft.metric === undefined ? "" : `, ${draft.metric.direction} ${draft.metric.name}`}.`,
      ...draft.space.parameters.map(({ parameter, reason }) => `  ${parameter.name}: ${reason}`),
      ...(draft.space.skipped.length === 0
        ? []
        : [`Left out, with reasons in the file: ${draft.space.skipped.map(({ name }) => name).join(", ")}.`]),
      ...draft.toDo.map((each) => `To do: ${each}`),
      ...(problem === undefined ? [`Next: agent-tune doctor, then agent-tune run`] : [`To do: ${problem}`]),
    ].join("\n"),
  );
}

function readScript(path: string): string {
  try {
    if (statSync(path).size > largestScript) {
      throw new AgentTuneError("script_unreadable", {
        message: "The file is too large to be a training script.",
        where: path,
        remedy: "Name the script, or a JSON or YAML file with its defaults.",
      });
    }
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (AgentTuneError.isInstance(cause)) throw cause;
    throw new AgentTuneError("script_unreadable", {
      message: `The script cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      remedy: "Check the path.",
      cause,
    });
  }
}

/** `python` where there is one, since that is what a virtual environment has; otherwise `python3`. */
function findPython({ env }: Terminal): string {
  const folders = (env["PATH"] ?? "").split(":");
  return folders.some((folder) => folder !== "" && existsSync(resolve(folder, "python"))) ? "python" : "python3";
}

/** What a model knows better; a model that fails changes nothing but says so. */
async function improved(
  terminal: Terminal,
  draft: StudyDraft,
  script: string,
  name: string,
  notes: string[],
): Promise<StudyDraft> {
  const model = openModel(name, { env: terminal.env });
  if (model === undefined) {
    notes.push("no model was asked: set ANTHROPIC_API_KEY or OPENAI_API_KEY, or name one with --model");
    return draft;
  }
  try {
    const answer = await model.ask(
      {
        key: "init/improve",
        system: "You answer with the structured object that is asked for, and nothing else.",
        messages: [
          {
            role: "user",
            text: loadPrompt("init-improve").render({
              source: draft.source,
              script: script.slice(0, shownScript),
              parameters: draft.space.parameters
                .map(({ parameter, reason }) => `- ${JSON.stringify(parameter)} (${reason})`)
                .join("\n"),
              skipped: draft.space.skipped.map((each) => `- ${each.name}: ${each.reason}`).join("\n"),
            }).text,
          },
        ],
        output: { name: "improvement", schema: improvementJsonSchema() },
        maxOutputTokens: 6_000,
      },
      { deadlineMs },
    );
    const improvement = improvementSchema.parse(answer.output);
    const { space, refused } = improveSpace(draft.space, improvement);
    for (const each of refused) notes.push(`not followed: ${each}`);
    return {
      ...draft,
      space,
      improvedBy: model.id,
      ...(draft.task === undefined && improvement.task !== null ? { task: improvement.task } : {}),
    };
  } catch (error) {
    const reason =
      error instanceof ModelCallError ? `${error.failure}: ${error.message}` : "its answer did not fit the schema";
    notes.push(`${model.id} was asked but gave nothing (${reason}); the file is as the script alone gives it`);
    return draft;
  }
}

/** The first thing that keeps the written file from running, so that nobody finds out an hour later. */
function whatIsLeft(rendered: string, path: string): string | undefined {
  try {
    parseStudyFile(rendered, { path });
    return undefined;
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error.message;
    throw error;
  }
}

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AgentTuneError } from "../../src/errors.js";
import { replayPrefix } from "./model-choice.js";

/** What a recording belongs to. */
export interface RunOfModel {
  readonly task: string;
  /** The method's whole name, the model included. */
  readonly method: string;
  /** The run's own, as it was asked for: 1, 2, ... */
  readonly seed: number;
}

/** FOLDER/TASK/METHOD/SEED.jsonl, in the format of src/llm/recording.ts. */
export function recordingFile(folder: string, { task, method, seed }: RunOfModel): string {
  return join(folder, fileName(task), fileName(method), `${seed}.jsonl`);
}

/**
 * The recording that a run is to be replayed from.
 *
 * @param source a folder that an evaluation recorded into, or one recording
 * @throws AgentTuneError `recording_invalid` naming the recording that is not there, or the folders that could be
 *   meant where `replay:FOLDER` stands for several models
 */
export function recordingToReplay(source: string, run: RunOfModel): string {
  if (existsSync(source) && statSync(source).isFile()) return source;
  const exact = recordingFile(source, run);
  if (existsSync(exact)) return exact;
  const methods = run.method.includes(replayPrefix) ? methodsRecorded(source, run) : [];
  const [only, ...others] = methods;
  if (only === undefined) {
    throw new AgentTuneError("recording_invalid", {
      message: `There is no recording of ${run.method} on ${run.task}, seed ${run.seed}.`,
      where: exact,
      remedy: "Replay the same tasks, methods and seeds that were recorded, or record this run first.",
    });
  }
  if (others.length > 0) {
    throw new AgentTuneError("recording_invalid", {
      message: `${source} has recordings of ${methods.join(" and ")}.`,
      where: source,
      remedy: "Name the method as it was recorded and give the folder with --replay.",
    });
  }
  return recordingFile(source, { ...run, method: only });
}

/** What follows a model's name in a method: settings, and the share of turns. */
const settings = /\?[a-z]+=|@(adaptive|[\d.]+)$/;

/** Methods of which there is a recording of this run and whose names differ from it in nothing but the model. */
function methodsRecorded(source: string, { task, method, seed }: RunOfModel): readonly string[] {
  const folder = join(source, fileName(task));
  if (!existsSync(folder)) return [];
  const [before = "", replayed = ""] = splitAt(method, method.indexOf(replayPrefix));
  const after = replayed.slice(replayPrefix.length).startsWith(source)
    ? replayed.slice(replayPrefix.length + source.length)
    : "";
  return readdirSync(folder)
    .map(decodeURIComponent)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .filter((name) => !settings.test(name.slice(before.length, name.length - after.length)))
    .filter((name) => existsSync(recordingFile(source, { task, method: name, seed })));
}

function splitAt(text: string, position: number): readonly [string, string] {
  return [text.slice(0, position), text.slice(position)];
}

/** A name as one part of a path that every file system takes, and that can be read back. */
function fileName(name: string): string {
  return encodeURIComponent(name).replaceAll("%2B", "+").replaceAll("%40", "@").replaceAll("*", "%2A");
}

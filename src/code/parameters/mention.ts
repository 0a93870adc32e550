import { posix } from "node:path";
import { readDataclassFields, readPythonConstants } from "../../space/importers/python/index.js";
import { maskSource } from "../edits/index.js";
import type { Passing } from "./passing.js";

/** A text file of a version. */
interface Source {
  readonly path: string;
  readonly text: string;
}

/**
 * Whether a version reads its declared parameters where they are passed, judged by its text: one sentence for each that
 * it cannot read. Comments do not count. That a parameter has an effect only a run can show, see `verifyEffect`.
 *
 * @param sources the version's text files
 */
export function mentionProblems(
  names: readonly string[],
  sources: readonly Source[],
  passing: Passing,
): readonly string[] {
  const { delivery } = passing;
  if (delivery.to === "constants") {
    const path = posix.normalize(delivery.source);
    const text = sources.find((source) => source.path === path)?.text ?? "";
    const known = new Set([...readPythonConstants(text), ...readDataclassFields(text)].map(({ name }) => name));
    return names
      .filter((name) => !known.has(name))
      .map(
        (name) => `The declared parameter ${name} is no constant of ${path}: write ${name} = VALUE at its top level.`,
      );
  }
  const texts = sources.map(({ path, text }) => maskSource(path, text).uncommented);
  const says = (word: string) => {
    const pattern = new RegExp(`(?<![\\w-])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`);
    return texts.some((text) => pattern.test(text));
  };
  return names.flatMap((name) => {
    const spelled = passing.spelling(name);
    if (delivery.to === "arguments" && delivery.form !== "name=value") {
      const hyphens = spelled.replaceAll("_", "-");
      if (hyphens !== spelled && says(hyphens) && !says(spelled)) {
        return [`The code reads ${hyphens}, but the declared parameter ${name} is passed as ${spelled}.`];
      }
    }
    // Libraries make options of fields and function parameters, and nested keys are read one by one: by the last name.
    const last = name.slice(name.lastIndexOf(".") + 1);
    const read = delivery.to === "environment" ? says(spelled) : says(spelled) || says(last);
    return read ? [] : [`The code never reads the declared parameter ${name}, which is passed as ${spelled}.`];
  });
}

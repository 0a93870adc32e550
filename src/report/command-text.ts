import { shellWord } from "./shell-word.js";

/** What a command must be told to find a study from where the person is; nothing for the newest one here. */
export interface Whereabouts {
  /** Id, where it is not the newest of its folder. */
  readonly study?: string | undefined;
  /** Folder with the study's `.agent-tune`, where a command would not find that by itself. */
  readonly folder?: string | undefined;
}

/**
 * A command to copy.
 *
 * @param words the command and what it is about: `best`, `show 3`, `code show v2`
 */
export function commandText(words: string, { study, folder }: Whereabouts): string {
  return [
    "agent-tune",
    words,
    // What is about one trial or one code version has that in this place.
    ...(study === undefined ? [] : /^(?:show|code \w+) \S/.test(words) ? ["-s", study] : [study]),
    ...(folder === undefined ? [] : ["-C", shellWord(folder)]),
  ].join(" ");
}

import { AgentTuneError } from "../../errors.js";

/** Characters that mean something to a shell and would silently mean nothing here. */
const shellSyntax = /^(?:\|\|?|&&?|;|[0-9]*(?:>>?|<<?)(?:&[0-9])?.*|\(|\))$/;

/**
 * Splits one line into words as a POSIX shell does (IEEE Std 1003.1, 2.2 Quoting): white space separates, '...' is
 * literal, "..." keeps white space and reads \" \\ \$ \`, a backslash elsewhere takes the next character literally.
 * No variable, glob, command or tilde is expanded.
 *
 * @throws AgentTuneError `command_invalid` for a quote that is not closed, or for pipes and redirections, which need
 *   `shell: true`
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let started = false;
  let bare = true;
  let quote: "'" | '"' | undefined;

  const finish = () => {
    if (!started) return;
    if (bare && shellSyntax.test(word)) {
      throw new AgentTuneError("command_invalid", {
        message: `The command has "${word}", which only a shell understands.`,
        where: line,
        remedy: 'Set "shell: true", or put quotes around it where it is meant as text.',
      });
    }
    words.push(word);
    word = "";
    started = false;
    bare = true;
  };

  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? "";
    const next = line[i + 1];
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word += character;
    } else if (quote === '"') {
      if (character === '"') quote = undefined;
      else if (character === "\\" && next !== undefined && '"\\$`\n'.includes(next)) {
        if (next !== "\n") word += next;
        i++;
      } else word += character;
    } else if (/\s/.test(character)) {
      finish();
    } else if (character === "'" || character === '"') {
      quote = character;
      started = true;
      bare = false;
    } else if (character === "\\" && next !== undefined) {
      i++;
      if (next !== "\n") {
        word += next;
        started = true;
        bare = false;
      }
    } else {
      word += character;
      started = true;
    }
  }
  if (quote !== undefined) {
    throw new AgentTuneError("command_invalid", {
      message: `The command has a ${quote} that is not closed.`,
      where: line,
      remedy: "Close the quote, or give the command as a list of words.",
    });
  }
  finish();
  return words;
}

import { AgentTuneError } from "../../errors.js";
import type { ParameterValue } from "../../space/parameter.js";
import { parseTemplate, type TemplatePart } from "./template.js";
import { splitWords } from "./words.js";

/** What placeholders stand for in one trial. */
export interface TemplateValues {
  /** By placeholder name. A parameter that is not active is absent. */
  readonly values: Readonly<Record<string, ParameterValue>>;
  /** What `{arguments}` expands to, one word each. */
  readonly arguments: readonly string[];
}

/** A command as the operating system takes it, with the variables it needs besides the trial's environment. */
export interface FilledCommand {
  readonly words: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** A value as text: shortest decimal that reads back as the same number; `true` and `false`. */
export function textOf(value: ParameterValue): string {
  const text = String(value);
  if (text.includes("\0")) {
    throw new AgentTuneError("configuration_invalid", { message: "A value with a NUL character cannot be passed on." });
  }
  return text;
}

/**
 * Fills a command word by word. Words are split before values go in, so a value is always one argument, whatever
 * it holds. A word with a placeholder of an inactive parameter is left out, and so is the bare option before it
 * (`--momentum {momentum}`).
 */
export function fillWords(command: string | readonly string[], given: TemplateValues): FilledCommand {
  const words: string[] = [];
  const templates = typeof command === "string" ? splitWords(command) : command;
  let optionBefore = false;
  for (const template of templates) {
    const parts = parseTemplate(template);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (only?.kind === "placeholder" && only.name === "arguments") {
      words.push(...given.arguments);
      optionBefore = false;
      continue;
    }
    const filled = fillWord(parts, given, template);
    if (filled === undefined) {
      if (optionBefore && only !== undefined) words.pop();
      optionBefore = false;
      continue;
    }
    words.push(filled);
    optionBefore =
      /^--?[A-Za-z]/.test(template) && parts.every((part) => part.kind === "text") && !template.includes("=");
  }
  return { words, variables: {} };
}

/**
 * Fills a command line that a shell will read. Values travel as environment variables and the line only refers to
 * them, quoted as their place demands, so that the shell never reads a value as syntax. Inactive parameters are
 * empty.
 */
export function fillShellLine(line: string, given: TemplateValues): FilledCommand {
  const variables: Record<string, string> = {};
  let script = "";
  let quote: "none" | "single" | "double" = "none";
  const refer = (value: string) => {
    const name = `AGENT_TUNE_VALUE_${Object.keys(variables).length}`;
    variables[name] = value;
    if (quote === "single") return `'"\${${name}}"'`;
    return quote === "double" ? `\${${name}}` : `"\${${name}}"`;
  };
  for (const part of parseTemplate(line)) {
    if (part.kind === "text") {
      quote = quoteAfter(part.text, quote);
      script += part.text;
    } else if (part.name === "arguments") {
      if (quote !== "none") {
        throw new AgentTuneError("command_invalid", {
          message: "{arguments} stands inside quotes, where it would be one word.",
          where: line,
          remedy: "Move {arguments} out of the quotes.",
        });
      }
      script += given.arguments.map(refer).join(" ");
    } else {
      const value = given.values[part.name];
      script += value === undefined ? "" : refer(textOf(value));
    }
  }
  return { words: ["/bin/sh", "-c", script], variables };
}

function fillWord(parts: readonly TemplatePart[], given: TemplateValues, template: string): string | undefined {
  let word = "";
  for (const part of parts) {
    if (part.kind === "text") {
      word += part.text;
    } else if (part.name === "arguments") {
      throw new AgentTuneError("command_invalid", {
        message: "{arguments} must be a word of its own.",
        where: template,
        remedy: "Put spaces around {arguments}.",
      });
    } else {
      const value = given.values[part.name];
      if (value === undefined) return undefined;
      word += textOf(value);
    }
  }
  return word;
}

function quoteAfter(text: string, before: "none" | "single" | "double"): "none" | "single" | "double" {
  let quote = before;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quote === "single") {
      if (character === "'") quote = "none";
    } else if (character === "\\") {
      i++;
    } else if (character === '"') {
      quote = quote === "double" ? "none" : "double";
    } else if (character === "'" && quote === "none") {
      quote = "single";
    }
  }
  return quote;
}

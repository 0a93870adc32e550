import { AgentTuneError } from "../../errors.js";
import { nearestName } from "../../space/nearest-name.js";

/** A piece of a command: text as it stands, or a placeholder to fill. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "placeholder"; readonly name: string };

/** Placeholders that every command may use, besides parameters and derived quantities. */
export const fixedPlaceholders = ["seed", "trial", "folder", "parameters_file", "arguments"] as const;

/**
 * Reads `{name}` placeholders; `{{` and `}}` are literal braces. Braces that hold nothing like a name, as in
 * `awk '{print $1}'` or `{"a": 1}`, must be doubled, so that a misspelt placeholder is never passed on as text.
 *
 * @throws AgentTuneError `command_invalid` for a brace that is not closed or not doubled
 */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character !== "{" && character !== "}") {
      literal += character;
      continue;
    }
    if (text[i + 1] === character) {
      literal += character;
      i++;
      continue;
    }
    const end = character === "{" ? text.indexOf("}", i) : -1;
    const name = end === -1 ? "" : text.slice(i + 1, end);
    if (!/^[A-Za-z_][\w.:/-]*$/.test(name)) {
      throw new AgentTuneError("command_invalid", {
        message: `The command has a "${character}" that is not part of a placeholder.`,
        where: text,
        remedy: `Write "${character}${character}" for the brace itself.`,
      });
    }
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
    parts.push({ kind: "placeholder", name });
    i = end;
  }
  if (literal !== "") parts.push({ kind: "text", text: literal });
  return parts;
}

/** Names of the placeholders of a command, in order, each once. */
export function placeholdersOf(command: string | readonly string[]): string[] {
  const texts = typeof command === "string" ? [command] : command;
  const names = texts.flatMap((text) =>
    parseTemplate(text).flatMap((part) => (part.kind === "placeholder" ? [part.name] : [])),
  );
  return [...new Set(names)];
}

/** @throws AgentTuneError `command_invalid` for a placeholder that is not among `known` */
export function checkPlaceholders(command: string | readonly string[], known: readonly string[]): void {
  const all = [...known, ...fixedPlaceholders];
  for (const name of placeholdersOf(command)) {
    if (all.includes(name)) continue;
    const near = nearestName(name, all);
    throw new AgentTuneError("command_invalid", {
      message: `The command has the placeholder {${name}}, which is no parameter.`,
      where: typeof command === "string" ? command : command.join(" "),
      remedy: `${near === undefined ? "" : `Did you mean {${near}}? `}Known are ${all.map((n) => `{${n}}`).join(", ")}.`,
    });
  }
}

import { ModelCallError, type Usage } from "./model.js";

/**
 * The JSON value in a model's text: the whole of it, a fenced block, or the outermost object in prose. Servers
 * without constrained decoding wrap it in all of these, and reasoning models put `<think>` in front.
 * @throws ModelCallError `not_json`
 */
export function answerJson(text: string, usage: Usage | null): unknown {
  const visible = text.replace(/<think>[\s\S]*?<\/think>/g, "").trim();
  for (const candidate of candidates(visible)) {
    try {
      return JSON.parse(candidate);
    } catch {
      // Not this one.
    }
  }
  throw new ModelCallError("not_json", `The model's answer is not JSON: ${excerpt(visible)}`, {
    usage: usage ?? undefined,
  });
}

function* candidates(text: string): Generator<string> {
  yield text;
  for (const match of text.matchAll(/```(?:json)?\s*\n([\s\S]*?)\n\s*```/gi)) yield match[1] ?? "";
  const [first, last] = [text.indexOf("{"), text.lastIndexOf("}")];
  if (first >= 0 && last > first) yield text.slice(first, last + 1);
}

/**
 * Arguments of a tool call.
 * @throws ModelCallError `not_json`
 */
export function toolInput(name: string, argumentsText: string, usage: Usage | null): unknown {
  if (argumentsText.trim() === "") return {};
  try {
    return JSON.parse(argumentsText);
  } catch {
    throw new ModelCallError("not_json", `The arguments for the tool ${name} are not JSON: ${excerpt(argumentsText)}`, {
      usage: usage ?? undefined,
    });
  }
}

/** Beginning of a text, on one line, for a message. */
export function excerpt(text: string, length = 120): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? `"${line}"` : `"${line.slice(0, length)}..."`;
}

import type { ModelRequest } from "./model.js";

/** Separators, roles and the tool preamble that providers add to every message. */
const tokensPerMessage = 16;
/** Providers add an instruction of their own when tools or a schema are given. */
const tokensOfPreamble = 400;

/**
 * Upper estimate of the tokens a request is billed for as input, good for any current tokenizer: two letters
 * or blanks a token (English has about four), one token for each digit and sign (tables of numbers come close
 * to that), one for each UTF-8 byte of everything else.
 */
export function estimateInputTokens(request: ModelRequest): number {
  let tokens = estimateTextTokens(request.system) + tokensPerMessage;
  for (const message of request.messages) {
    tokens += tokensPerMessage + estimateTextTokens(message.text);
    if (message.role !== "assistant") continue;
    tokens += estimateTextTokens(JSON.stringify(message.toolCalls));
    if (message.continuation !== undefined) tokens += estimateTextTokens(JSON.stringify(message.continuation));
  }
  if (request.tools !== undefined) tokens += tokensOfPreamble + estimateTextTokens(JSON.stringify(request.tools));
  // Once as the provider's own schema, once more where a server has to be asked for JSON in the prompt.
  if (request.output !== undefined) tokens += tokensOfPreamble + 2 * estimateTextTokens(JSON.stringify(request.output));
  return tokens;
}

export function estimateTextTokens(text: string): number {
  let halves = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const wordLike = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 32;
    if (wordLike) halves += 1;
    else if (code < 0x80) halves += 2;
    else halves += 2 * (code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
  }
  return Math.ceil(halves / 2);
}

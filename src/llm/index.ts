/** The only way in to a language model. */

export type { Clock } from "./clock.js";
export { createLangChainProvider, type LangChainChatModel } from "./langchain/langchain-provider.js";
export {
  type SpendBooking,
  type SpendCaps,
  type SpendJournal,
  SpendLedger,
  type SpendTotal,
} from "./ledger.js";
export type * from "./model.js";
export { isModelsOwn, ModelCallError, modelFailures } from "./model.js";
export { createModel, type ModelOptions } from "./model-client.js";
export {
  defaultAnthropicModel,
  defaultOpenAiModel,
  type Environment,
  type ModelAddress,
  type ModelNameOptions,
  resolveModelName,
} from "./model-name.js";
export { type OpenModelOptions, openModel } from "./open-model.js";
export { packageRoot } from "./package-root.js";
export { builtInPrices, type Price, type PriceTable, priceOf, pricesSchema } from "./prices.js";
export {
  loadPrompt,
  type Prompt,
  type PromptInput,
  type PromptInputs,
  promptIds,
  type RenderedPrompt,
  renderPrompt,
} from "./prompt.js";
export { exchangeSchema, readRecording, readRecordingFile, writeExchange } from "./recording.js";
export { createRedactor, type Redactor } from "./redact.js";
export { createReplayModel } from "./replay/replay-model.js";

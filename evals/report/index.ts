export { renderHtml } from "./html.js";
export { renderMarkdown } from "./markdown.js";
export { type ResultFile, type RunConditions, resultFileSchema, runConditionsSchema } from "./run-conditions.js";
export { skippedTexts } from "./skipped.js";
export { asMarkdown, asText, type Section, sectionsOf } from "./tables.js";
export { renderText } from "./text.js";

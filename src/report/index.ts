/** Views of a study for people: lines, tables, charts, the report. Pure; the only write is the report's, by the store. */
export { type BestForm, bestForms, bestText } from "./best-text.js";
export type { Whereabouts } from "./command-text.js";
export { statusText } from "./status-text.js";
export { textSummary } from "./text-summary.js";
export { trialLine } from "./trial-line.js";
export { trialText } from "./trial-text.js";
export { trialsTable } from "./trials-table.js";
export { writeReport } from "./write-report.js";

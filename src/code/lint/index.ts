/** Reading diffs for what a person should look at before a gain is believed. */
export { type LintContext, lintDiff } from "./lint-diff.js";

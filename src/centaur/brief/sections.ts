/**
 * The parts of a brief. Each can be switched off by name (`advisor.brief.without` in the study file), so that an
 * evaluation can measure what it is worth. `candidates` is not among them: without it there is nothing to decide.
 */
export const briefSections = [
  "task",
  "space",
  "derived",
  "limits",
  "optimizer",
  "correlations",
  "categories",
  "incumbent",
  "trials",
  "regions",
  "failures",
  "sensitivities",
  "noise",
  "budget",
  "notes",
] as const;
export type BriefSection = (typeof briefSections)[number];

export type { AppliedVersions, ApplyOptions, VersionStep } from "./apply-versions.js";
export {
  CodeRepository,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type DiffStat,
  type RepositoryOptions,
} from "./code-repository.js";
export type { ExportOptions } from "./export-patches.js";
export type { Environment } from "./git.js";
export { type Link, type SnapshotLimits, snapshotLimits } from "./snapshot-plan.js";

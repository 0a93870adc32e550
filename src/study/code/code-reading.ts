import { baseVersion, type CodeVersion } from "../../code/version.js";
import { AgentTuneError } from "../../errors.js";
import type { Store } from "../../store/index.js";
import { readStudy } from "../reading.js";
import type { StudyReading } from "../summary.js";
import { versionSpace } from "./version-space.js";

/** A stored study with the versions of its code. */
export interface CodeReading {
  readonly study: StudyReading;
  /** By id, in the order in which they were made; the first is the code as it was given. */
  readonly versions: ReadonlyMap<string, CodeVersion>;
  /** Id of the version that the study would answer with: the latest that was kept. */
  readonly head: string;
}

/** The runs by which a version was compared with the one that was head at the time. */
export interface PairedRuns {
  /** Id of the version it had to beat. */
  readonly against: string;
  /** Of each pair both runs of which completed: its seed and both values, in the objective's units. */
  readonly pairs: readonly { readonly seed: number; readonly candidate: number; readonly against: number }[];
}

/**
 * What is stored of a study and its code, as one consistent view.
 *
 * @throws AgentTuneError `usage` where the study does not search its code, `state_invalid`, `study_unknown`
 */
export function readCode(store: Store, id: string): CodeReading {
  return store.transaction(() => {
    const study = readStudy(store, id);
    const { versions, head } = study;
    if (head === undefined) throw searchesNoCode(study);
    if (!versions.has(baseVersion)) throw notBegun(study);
    return { study, versions, head };
  });
}

/**
 * The version that a person means.
 *
 * @param asked its id, or `head`
 * @throws AgentTuneError `version_unknown` with the versions there are
 */
export function findVersion({ study, versions, head }: CodeReading, asked: string): CodeVersion {
  const found = versions.get(asked === "head" ? head : asked);
  if (found !== undefined) return found;
  const ids = [...versions.keys()];
  const number = /^v?(\d+)$/i.exec(asked)?.[1];
  const near = number === undefined ? undefined : ids[Math.min(Number(number), ids.length - 1)];
  throw new AgentTuneError("version_unknown", {
    message: `There is no code version ${asked}${near === undefined ? "." : `; did you mean ${near}?`}`,
    where: `study ${study.record.id}`,
    remedy: `Name one of ${listed(ids)}, or head (${head}). \`agent-tune code tree\` shows them.`,
  });
}

/** The versions from the first one, which is left out, to this one: each is the parent of the next. */
export function lineage({ versions }: CodeReading, id: string): readonly CodeVersion[] {
  const chain: CodeVersion[] = [];
  for (let at = versions.get(id); at !== undefined && at.parent !== null; at = versions.get(at.parent))
    chain.unshift(at);
  return chain;
}

/** The study as seen from one version, as if there were no other: its search space, and the trials that ran on it. */
export function versionReading(reading: CodeReading, id: string): StudyReading {
  const { study, versions } = reading;
  const { settings, trials } = study;
  return {
    ...study,
    settings: { ...settings, space: versionSpace(settings.space, versions, id) },
    trials: trials.filter(({ proposal }) => (proposal.version ?? baseVersion) === id),
    versions: new Map([[id, { ...findVersion(reading, id), parent: null }]]),
    head: id,
  };
}

/** Undefined where a version was decided upon without any pair. */
export function pairedRuns({ study }: CodeReading, id: string): PairedRuns | undefined {
  const runs = new Map<number, { seed: number; candidate?: number; against?: number }>();
  let against: string | undefined;
  for (const { proposal, outcome, seed } of study.trials) {
    if (proposal.pair?.candidate !== id) continue;
    const version = proposal.version ?? baseVersion;
    if (version !== id) against = version;
    if (outcome?.kind !== "complete") continue;
    const run = runs.get(proposal.pair.number) ?? { seed };
    run[version === id ? "candidate" : "against"] = outcome.value;
    runs.set(proposal.pair.number, run);
  }
  if (against === undefined) return undefined;
  const pairs = [...runs.values()].flatMap(({ seed, candidate, against: other }) =>
    candidate === undefined || other === undefined ? [] : [{ seed, candidate, against: other }],
  );
  return { against, pairs };
}

function searchesNoCode({ record }: StudyReading): AgentTuneError {
  return new AgentTuneError("usage", {
    message: `Study ${record.name} tunes numbers only: it has no versions of code.`,
    where: `study ${record.id}`,
    remedy: "Name the files that may be edited in a new study: agent-tune run --edit train.py.",
  });
}

function notBegun({ record }: StudyReading): AgentTuneError {
  return new AgentTuneError("state_invalid", {
    message: `Study ${record.name} was stopped before it had taken in the code.`,
    where: `study ${record.id}`,
    remedy: `Go on with it: agent-tune resume ${record.id}`,
  });
}

/** "v0, v1, v2", or "v0 to v40" where that would be long. */
function listed(ids: readonly string[]): string {
  return ids.length <= 12 ? ids.join(", ") : `${ids[0]} to ${ids.at(-1)}`;
}

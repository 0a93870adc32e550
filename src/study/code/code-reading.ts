import { baseVersion, type CodeVersion, versionOf } from "../../code/version.js";
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

/** Both runs of a pair, on one seed: their values, in the objective's units. */
export interface PairOfValues {
  readonly seed: number;
  readonly candidate: number;
  readonly against: number;
}

/** The runs by which a version was compared with the one that was head at the time. */
export interface PairedRuns {
  /** Id of the version it had to beat. */
  readonly against: string;
  /** Each at its best numbers; pairs of which a run failed are left out. */
  readonly pairs: readonly PairOfValues[];
  /** The other one with the numbers of this version: what the edit gains without them. */
  readonly sameNumbers: readonly PairOfValues[];
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
    trials: trials.filter(({ proposal }) => versionOf(proposal) === id),
    versions: new Map([[id, { ...findVersion(reading, id), parent: null }]]),
    head: id,
  };
}

/** Undefined where a version was decided upon without any pair. */
export function pairedRuns({ study }: CodeReading, id: string): PairedRuns | undefined {
  const own = new Map<number, { readonly seed: number; readonly value: number }>();
  const others: { readonly pair: number; readonly value: number; readonly same: boolean }[] = [];
  let against: string | undefined;
  for (const { proposal, outcome, seed } of study.trials) {
    const { pair } = proposal;
    if (pair?.candidate !== id) continue;
    const version = versionOf(proposal);
    if (version !== id) against = version;
    if (outcome?.kind !== "complete") continue;
    const { value } = outcome;
    if (version === id) own.set(pair.number, { seed, value });
    else others.push({ pair: pair.number, value, same: pair.sameNumbers === true });
  }
  if (against === undefined) return undefined;
  const pairsWhere = (wanted: boolean) =>
    others.flatMap(({ pair, value, same }): PairOfValues[] => {
      const candidate = own.get(pair);
      return candidate === undefined || same !== wanted
        ? []
        : [{ seed: candidate.seed, candidate: candidate.value, against: value }];
    });
  return { against, pairs: pairsWhere(false), sameNumbers: pairsWhere(true) };
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

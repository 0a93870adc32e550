import { z } from "zod";
import { baseVersion, versionOf } from "../code/version.js";
import { Evidence, type FinishedTrial, type NoiseFloor, type Objective, type TrueValue } from "../evidence/index.js";
import { SearchSpace } from "../space/search-space.js";
import type { EventRecord, TrialRecord } from "../store/index.js";
import { type Declaring, versionSpace } from "./code/version-space.js";
import { finishOrder } from "./finish-order.js";
import type { StudySettings } from "./settings.js";

/**
 * What the trials of a study show, for each version of its code by itself: the same numbers on different code are
 * different configurations. Without versions there is one evidence, of the code as it was given.
 */
export class VersionEvidence {
  /** The version that the study would answer with. */
  head = baseVersion;
  private readonly finished: FinishedTrial[] = [];
  private readonly byVersion = new Map<string, Evidence>();

  /** @param versions by id; may grow, and is empty where the code is not searched */
  constructor(
    private readonly settings: Pick<StudySettings, "space" | "objective">,
    private readonly versions: ReadonlyMap<string, Declaring>,
  ) {}

  add(trial: FinishedTrial): void {
    this.finished.push(trial);
    this.of(versionOf(trial.proposal)).add(trial);
  }

  /** Of one version, in its own search space; without trials where it has not run. */
  of(version: string): Evidence {
    const known = this.byVersion.get(version);
    if (known !== undefined) return known;
    const { space, objective } = this.settings;
    const definition = version === baseVersion ? space : versionSpace(space, this.versions, version);
    const evidence = new Evidence(SearchSpace.from(definition), objective);
    this.byVersion.set(version, evidence);
    return evidence;
  }

  /** Of the version that the study would answer with. */
  get now(): Evidence {
    return this.of(this.head);
  }

  /** Of the code as it was given. */
  get base(): Evidence {
    return this.of(baseVersion);
  }

  /** Finished trials of all versions, in the order in which they finished; final runs are not among them. */
  get trials(): readonly FinishedTrial[] {
    return this.finished;
  }

  get objective(): Objective {
    return this.settings.objective;
  }

  get noise(): NoiseFloor | undefined {
    return this.now.noise;
  }

  /** Estimated true value of the configuration as it was before the study; undefined where it has none. */
  get default(): TrueValue | undefined {
    const { base } = this;
    const group = base.group(base.space.defaults());
    return group === undefined ? undefined : base.estimate(group);
  }
}

/** What is read of a stored study to know its evidence. */
export interface StoredEvidence {
  readonly settings: Pick<StudySettings, "space" | "objective">;
  readonly trials: readonly TrialRecord[];
  /** At least all `trial.finished`, and `version.decided` for {@link finishedSteps}, by sequence. */
  readonly events: readonly EventRecord[];
  /** By id; empty where the code is not searched. */
  readonly versions: ReadonlyMap<string, Declaring>;
  /** The version that the study would answer with; undefined where the code is not searched. */
  readonly head: string | undefined;
}

/** One finished trial of a stored study. */
export interface FinishedStep {
  readonly trial: FinishedTrial;
  /** The version that the study would have answered with before the next trial finished. */
  readonly head: string;
}

const keptSchema = z.object({
  type: z.literal("version.decided"),
  version: z.string(),
  status: z.literal("kept"),
});

/** Finished trials in the order in which they finished, which is the order of learning; without final runs. */
export function finishedSteps({ trials, events }: Pick<StoredEvidence, "trials" | "events">): readonly FinishedStep[] {
  const learned = new Map(
    trials.flatMap((trial) => {
      const { outcome, proposal, number } = trial;
      return outcome === undefined || proposal.purpose === "final" ? [] : [[number, { ...trial, outcome }] as const];
    }),
  );
  const heads = headsAfter(events, (number) => learned.has(number));
  return finishOrder(events).flatMap((number): FinishedStep[] => {
    const trial = learned.get(number);
    return trial === undefined ? [] : [{ trial, head: heads.get(number) ?? baseVersion }];
  });
}

function headsAfter(events: readonly EventRecord[], counts: (trial: number) => boolean): ReadonlyMap<number, string> {
  const heads = new Map<number, string>();
  let head = baseVersion;
  let last: number | undefined;
  for (const { type, trial, data } of events) {
    if (type === "version.decided") head = keptSchema.safeParse(data).data?.version ?? head;
    else if (type === "trial.finished" && trial !== undefined && counts(trial)) last = trial;
    if (last !== undefined) heads.set(last, head);
  }
  return heads;
}

/** The evidence of a stored study, for each version of its code. */
export function evidenceByVersion(reading: StoredEvidence): VersionEvidence {
  const evidence = new VersionEvidence(reading.settings, reading.versions);
  for (const { trial } of finishedSteps(reading)) evidence.add(trial);
  evidence.head = reading.head ?? baseVersion;
  return evidence;
}

/** The evidence of the version that the study would answer with. */
export function evidenceOf(reading: StoredEvidence): Evidence {
  return evidenceByVersion(reading).now;
}

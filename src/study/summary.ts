import { z } from "zod";
import { baseVersion, type CodeVersion, shownOrigin, versionOf } from "../code/version.js";
import type { JsonSchema } from "../llm/model.js";
import type { EventRecord, SnapshotRecord, SpendTotals, StudyRecord, TrialRecord } from "../store/index.js";
import { failureKinds } from "../trials/outcome.js";
import { adviceByAdvisor, adviceSchema } from "./advice-by-advisor.js";
import { gainOf, sampleOf } from "./comparison.js";
import { latestFinalRuns } from "./final-evaluation.js";
import type { StudySettings } from "./settings.js";
import { readSnapshot } from "./snapshot.js";
import { evidenceByVersion, type VersionEvidence } from "./version-evidence.js";

const configurationSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const measuredSchema = z.object({
  trial: z.number().int().describe("Trial that first ran this configuration."),
  origin: z.string().describe("Who proposed it."),
  version: z.string().optional().describe("Code version that it ran on; absent where the code is not searched."),
  configuration: configurationSchema,
  estimate: z
    .object({
      mean: z.number().describe("Estimated true value, drawn from its runs in the search against the winner's curse."),
      deviation: z.number().describe("Posterior standard deviation; 0 while the noise is not known."),
      runs: z.number().int(),
    })
    .nullable()
    .describe("Null where no run completed."),
  fresh: z
    .object({
      values: z.array(z.number()),
      mean: z.number(),
      deviation: z.number().describe("Sample standard deviation between seeds; 0 for one value."),
      seeds: z.array(z.number().int()),
      failed: z.number().int().describe("Fresh runs that failed."),
    })
    .nullable()
    .describe("Re-evaluation on seeds that the search never used. Null until the study is done."),
});

/** What `--json` prints about a study. Published as schemas/summary.schema.json. */
export const summarySchema = z.object({
  schema: z.literal("agent-tune/summary/1"),
  study: z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["open", "finished"]),
    stop: z.object({ reason: z.string(), detail: z.string() }).nullable().describe("Why the search stopped."),
    seed: z.number().int(),
  }),
  objective: z.object({ metric: z.string(), direction: z.enum(["minimize", "maximize"]) }),
  optimizer: z.string(),
  advisor: z.string().nullable().describe("Name of the advisor; null for the optimizer alone."),
  default: measuredSchema.nullable(),
  best: measuredSchema.nullable().describe("The answer: best by estimated true value. Null if nothing completed."),
  gain: z
    .object({
      absolute: z.number().describe("Improvement over the default on fresh seeds, positive is better."),
      relative: z.number().optional().describe("The same as a share of the default's absolute value."),
      interval: z.tuple([z.number(), z.number()]).optional().describe("95 % interval (Welch)."),
      significant: z.boolean(),
    })
    .nullable()
    .describe("Null until both were re-evaluated, and where the default is the answer."),
  noise: z
    .object({ deviation: z.number(), degreesOfFreedom: z.number().int() })
    .nullable()
    .describe("Standard deviation between seeds; null while it is not measured."),
  trials: z.object({
    total: z.number().int(),
    complete: z.number().int(),
    pruned: z.number().int(),
    failed: z.number().int(),
    unfinished: z.number().int(),
    search: z.number().int(),
    replicate: z.number().int(),
    gate: z.number().int().describe("Paired runs of code versions."),
    final: z.number().int(),
  }),
  failures: z.record(z.enum(failureKinds), z.number().int()).describe("Failed trials by kind."),
  proposals: z
    .record(
      z.string(),
      z.object({
        trials: z.number().int(),
        failed: z.number().int(),
        improved: z.number().int().describe("How often it changed the incumbent."),
        fallbacks: z.number().int().describe("Advisor's turns that ended with the optimizer's candidate."),
      }),
    )
    .describe("Search trials by origin; `check run` is the first of a code version, with the best numbers so far."),
  code: z
    .object({
      head: z.string().describe("The version that the answer runs on; v0 is the code as it was given."),
      versions: z.number().int().describe("Versions there are, the code as it was given included."),
      kept: z.number().int(),
      held: z.number().int().describe("Look like a gain, and wait for a person to judge."),
      rejected: z.number().int(),
      failed: z.number().int(),
      refused: z.number().int().describe("Edits that were refused before anything ran."),
    })
    .nullable()
    .describe("Versions of the training code by what became of them; null where the code is not searched."),
  advice: z.record(z.string(), adviceSchema).describe("How each advisor that was asked has answered, by its name."),
  cost: z.object({
    calls: z.number().int(),
    tokens: z.number().int(),
    usd: z.number().nullable().describe("Null where calls were made whose price is not known."),
    unsettled: z.number().int().describe("Calls cut off by a crash, counted with all that was set aside for them."),
  }),
  seconds: z.number().describe("Wall time that controllers worked on the search."),
  report: z.string().nullable().describe("Path of the report."),
});
export type Summary = z.infer<typeof summarySchema>;

/** The JSON Schema of a summary, for programs that read it. */
export function summaryJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(summarySchema);
  return { $schema, $id: "urn:agent-tune:summary:1", title: "agent-tune summary", ...rest };
}

/** What a study has stored, read in one view. */
export interface StudyReading {
  readonly record: StudyRecord;
  readonly settings: StudySettings;
  readonly trials: readonly TrialRecord[];
  /** Those that summaries and reports are made from, by sequence. */
  readonly events: readonly EventRecord[];
  readonly snapshot: SnapshotRecord | undefined;
  readonly spend: SpendTotals;
  /** Versions of the code by id, in the order in which they were made; empty where the code is not searched. */
  readonly versions: ReadonlyMap<string, CodeVersion>;
  /** The version that the study would answer with; undefined where the code is not searched. */
  readonly head: string | undefined;
}

/**
 * Everything a door shows of a study's result, computed from what is stored and nothing else.
 *
 * @param report path of the report, where there is one
 * @param evidence of this reading, where it is there already
 */
export function summarize(
  reading: StudyReading,
  report: string | null = null,
  evidence: VersionEvidence = evidenceByVersion(reading),
): Summary {
  const { record, settings, trials, events, spend } = reading;
  const snapshot =
    reading.snapshot === undefined ? undefined : readSnapshot(reading.snapshot.version, reading.snapshot.text);
  const { incumbent } = evidence.now;
  const answer = snapshot?.answer ?? incumbent?.group.first.number;
  const done = snapshot?.phase === "done";
  const lastRuns = latestFinalRuns(trials);
  const measured = (number: number | undefined): z.infer<typeof measuredSchema> | null => {
    const first = trials.find((trial) => trial.number === number);
    if (first === undefined) return null;
    const { configuration } = first.proposal;
    const own = evidence.of(versionOf(first.proposal));
    const group = own.group(configuration);
    const finals = lastRuns.filter(({ proposal, outcome }) => proposal.replicateOf === number && outcome !== undefined);
    const complete = finals.flatMap((trial) =>
      trial.outcome?.kind === "complete" ? [{ value: trial.outcome.value, seed: trial.seed }] : [],
    );
    const sample = complete.length === 0 ? undefined : sampleOf(complete.map(({ value }) => value));
    return {
      trial: first.number,
      origin: shownOrigin(first.proposal),
      ...(reading.head === undefined ? {} : { version: versionOf(first.proposal) }),
      configuration,
      estimate: (group === undefined ? undefined : own.estimate(group)) ?? null,
      fresh:
        sample === undefined || !done
          ? null
          : {
              values: [...sample.values],
              mean: sample.mean,
              deviation: sample.deviation,
              seeds: complete.map(({ seed }) => seed),
              failed: finals.length - complete.length,
            },
    };
  };
  const start = measured(
    trials.find(({ proposal }) => proposal.origin === "default" && versionOf(proposal) === baseVersion)?.number,
  );
  const best = measured(answer);
  const gain =
    start?.fresh && best?.fresh && start.trial !== best.trial
      ? gainOf(
          settings.objective,
          sampleOf(start.fresh.values),
          sampleOf(best.fresh.values),
          evidence.noise?.deviation === 0,
        )
      : null;
  const started = events.findLast((event) => event.type === "study.started")?.data;
  const advisor = z.object({ advisor: z.string().nullable() }).safeParse(started);
  return {
    schema: "agent-tune/summary/1",
    study: { id: record.id, name: record.name, status: record.status, stop: snapshot?.stop ?? null, seed: record.seed },
    objective: { metric: settings.objective.metric, direction: settings.objective.direction },
    optimizer: settings.optimizer,
    advisor: advisor.success ? advisor.data.advisor : null,
    default: start,
    best,
    gain,
    noise: evidence.noise ?? null,
    trials: {
      total: trials.length,
      complete: count(trials, (trial) => trial.outcome?.kind === "complete"),
      pruned: count(trials, (trial) => trial.outcome?.kind === "pruned"),
      failed: count(trials, (trial) => trial.outcome?.kind === "failed"),
      unfinished: count(trials, (trial) => trial.outcome === undefined),
      search: count(trials, (trial) => trial.proposal.purpose === "search"),
      replicate: count(trials, (trial) => trial.proposal.purpose === "replicate"),
      gate: count(trials, (trial) => trial.proposal.purpose === "gate"),
      final: count(trials, (trial) => trial.proposal.purpose === "final"),
    },
    failures: failuresOf(trials),
    proposals: proposalsOf(trials, events),
    code: codeOf(reading),
    advice: adviceByAdvisor(events),
    cost: {
      calls: spend.settled.calls + spend.reserved.calls,
      tokens: spend.settled.tokens + spend.reserved.tokens,
      usd: spend.settled.unpriced + spend.reserved.unpriced > 0 ? null : spend.settled.cost + spend.reserved.cost,
      unsettled: spend.reserved.calls,
    },
    seconds: snapshot?.secondsUsed ?? 0,
    report,
  };
}

function codeOf({ versions, head, events }: StudyReading): Summary["code"] {
  if (head === undefined) return null;
  const having = (status: CodeVersion["status"]): number =>
    [...versions.values()].filter((version) => version.status === status).length;
  return {
    head,
    versions: versions.size,
    kept: having("kept"),
    held: having("held"),
    rejected: having("rejected"),
    failed: having("failed"),
    refused: events.filter(({ type }) => type === "version.refused").length,
  };
}

function failuresOf(trials: readonly TrialRecord[]): Summary["failures"] {
  const counts: Summary["failures"] = {
    out_of_memory: 0,
    timeout: 0,
    diverged: 0,
    crashed: 0,
    metric_missing: 0,
    invalid_configuration: 0,
    tampered: 0,
    cancelled: 0,
    lost: 0,
  };
  for (const { outcome } of trials) {
    if (outcome?.kind === "failed") counts[outcome.failure]++;
  }
  return counts;
}

function proposalsOf(trials: readonly TrialRecord[], events: readonly EventRecord[]): Summary["proposals"] {
  const byOrigin: Summary["proposals"] = {};
  for (const { proposal, outcome } of trials) {
    if (proposal.purpose !== "search") continue;
    const origin = shownOrigin(proposal);
    byOrigin[origin] ??= { trials: 0, failed: 0, improved: 0, fallbacks: 0 };
    const entry = byOrigin[origin]!;
    entry.trials++;
    if (outcome?.kind === "failed") entry.failed++;
    if (proposal.fallback !== undefined) entry.fallbacks++;
  }
  // The first incumbent is no improvement on anything.
  const [, ...improvements] = events.filter(({ type }) => type === "incumbent.changed");
  for (const { trial } of improvements) {
    const origin = trials.find(({ number }) => number === trial)?.proposal.origin;
    // Nor is the default, where it finishes after a worse trial that ran beside it.
    if (origin !== undefined && origin !== "default" && byOrigin[origin] !== undefined) byOrigin[origin].improved++;
  }
  return byOrigin;
}

function count(trials: readonly TrialRecord[], matches: (trial: TrialRecord) => boolean): number {
  return trials.filter(matches).length;
}

import { z } from "zod";
import { modelUsageSchema } from "../methods/model-usage.js";

/** Changes with the meaning of anything below, so that an old file is not read as a new one. */
export const analysisVersion = 1;

/** 95 %; null where too little was run for one. */
const interval = z.object({ low: z.number(), high: z.number() }).nullable();

/** Effort in a run: its trials, or its simulated time in the task's unit of cost. */
const unit = z.enum(["trials", "time"]);
export type EffortUnit = z.infer<typeof unit>;

const methodStand = z.object({
  method: z.string(),
  /** Mean over tasks of the mean over seeds of normalised regret, and its interval over tasks. */
  regret: z.number(),
  interval,
  /** Median over tasks: a few tasks cannot decide it. */
  medianRegret: z.number(),
  meanRank: z.number(),
});
export type MethodStand = z.infer<typeof methodStand>;

const stand = z.object({
  /** Trials, or `end` for the whole budget of each task. */
  after: z.union([z.number(), z.literal("end")]),
  methods: z.array(methodStand),
  /** Over mean regrets on tasks; null with fewer than two methods or tasks. */
  friedman: z
    .object({
      chiSquared: z.number(),
      p: z.number(),
      /** f is null where all tasks order the methods alike: it is infinite then. */
      imanDavenport: z.object({ f: z.number().nullable(), p: z.number() }),
      /** Nemenyi's, at the 5 % level. */
      criticalDifference: z.number(),
      /** Largest sets of methods that cannot be told apart: all in one set where Friedman's test finds nothing. */
      indistinguishable: z.array(z.array(z.string())),
    })
    .nullable(),
});
export type Stand = z.infer<typeof stand>;

const speedUp = z.object({
  /** Over tasks, how many times the effort of `a` it takes `b` to get as far; above 1, a is faster. */
  median: z.number(),
  interval,
  /** `a` needs at most so many times the effort of `b`: one-sided, with 95 % for the whole family together. */
  atMost: z.number().nullable(),
});
export type SpeedUpResult = z.infer<typeof speedUp>;

const contrast = z.object({
  a: z.string(),
  b: z.string(),
  /** Tasks on which a's mean regret at the end is smaller, larger, equal. */
  wins: z.number(),
  losses: z.number(),
  ties: z.number(),
  /** Wilcoxon's signed-rank test over tasks, two-sided, and adjusted for the family by Holm's method. */
  p: z.number(),
  adjusted: z.number(),
  /** Tests that were adjusted together. */
  family: z.number(),
  /**
   * What a reader may believe at the 5 % level, of a: `better`, `worse`, `not shown`; `equal` where no task differs;
   * `too few` where the test could not have shown anything with so few tasks.
   */
  verdict: z.enum(["better", "worse", "not shown", "equal", "too few"]),
  /** Mean regret of a less that of b: on tasks like these, and on these tasks with other seeds. */
  difference: z.object({ mean: z.number(), overTasks: interval, overSeeds: interval }),
  speedUp: speedUp.extend({ unit }),
  /** The same in simulated time; null where that is the unit already or says nothing that trials do not. */
  timeSpeedUp: speedUp.nullable(),
  /**
   * The smallest true effect that would have been found with 80 % at 5 % divided by the family: less regret, and as a
   * ratio of effort; null where nothing could have been found.
   */
  detectable: z.object({ regret: z.number().nullable(), ratio: z.number().nullable() }),
  sentence: z.string(),
});
export type Contrast = z.infer<typeof contrast>;

const anytimeCurve = z.object({
  method: z.string(),
  /** Mean normalised regret at equal shares of the budget. */
  regrets: z.array(z.number()),
  /** Pointwise 95 %: over tasks, or over seeds where it is one task's; null where there is one, or too many methods. */
  low: z.array(z.number()).nullable(),
  high: z.array(z.number()).nullable(),
});
export type AnytimeCurve = z.infer<typeof anytimeCurve>;

const originShare = z.object({
  origin: z.string(),
  trials: z.number(),
  failures: z.number(),
  /** Trials after the start that became the incumbent. */
  improvements: z.number(),
  /** Runs whose last incumbent it is. */
  finals: z.number(),
});
export type OriginShare = z.infer<typeof originShare>;

const effort = z.object({
  method: z.string(),
  runs: z.number(),
  trials: z.number(),
  failures: z.number(),
  /** Milliseconds of the method itself: for a trial, median over runs of medians and of 95th percentiles; for a run, mean. */
  overhead: z.object({ median: z.number(), p95: z.number(), run: z.number() }),
  /** Of all runs together; usd is null where a price is not known; null where no model was asked. */
  usage: modelUsageSchema.nullable(),
  /**
   * Median over tasks of effort until the mean course is as good as random search's at its end, as a share of the effort
   * of random search, and tasks on which that is reached. A task where it is not counts as infinite: `share` is null
   * where the median is. Null without random search.
   */
  toRandom: z.object({ share: z.number().nullable(), reached: z.number() }).nullable(),
  /** Who proposed: in order of first appearance. */
  origins: z.array(originShare),
});
export type Effort = z.infer<typeof effort>;

const area = z.object({
  method: z.string(),
  /** Mean normalised regret over the whole budget instead of at its end; null in a unit that is not compared. */
  trials: z.object({ regret: z.number(), interval }).nullable(),
  time: z.object({ regret: z.number(), interval }).nullable(),
});
export type AnytimeArea = z.infer<typeof area>;

const taskResult = z.object({
  task: z.string(),
  /** Budget. */
  trials: z.number(),
  /** Runs of each method. */
  seeds: z.number(),
  /** Mean over seeds of normalised regret at the end, and its standard error (null with one seed); in order of methods. */
  scores: z.array(z.object({ method: z.string(), regret: z.number(), error: z.number().nullable() })),
  /** In the unit of the budget. */
  curves: z.array(anytimeCurve),
});
export type TaskResult = z.infer<typeof taskResult>;

/** What runs of methods on tasks show: everything a report says, in a form that can be kept. */
export const analysisSchema = z.object({
  version: z.literal(analysisVersion),
  methods: z.array(z.string()),
  reference: z.string(),
  /** What every run had the same of. */
  budget: unit,
  stands: z.array(stand),
  /** Whether the methods differ at all; null with fewer than two methods or tasks. */
  overall: z.string().nullable(),
  /** Pairs that were chosen before any run; empty where none were. */
  contrasts: z.array(contrast),
  /** The reference method against each other one: planned where `contrasts` is empty, otherwise exploratory. */
  duels: z.array(contrast),
  /** Mean over tasks, at equal shares of each task's budget: in trials (null where time was the budget) and in time. */
  curves: z.object({ trials: z.array(anytimeCurve).nullable(), time: z.array(anytimeCurve).nullable() }),
  areas: z.array(area),
  efforts: z.array(effort),
  tasks: z.array(taskResult),
  /** True values below the best that was known: the task should be calibrated again. */
  beaten: z.array(z.object({ task: z.string(), value: z.number(), best: z.number() })),
});
export type Analysis = z.infer<typeof analysisSchema>;

import { describe, expect, test } from "vitest";
import type { Observation } from "../../trials/outcome.js";
import type { Executor, TrialEnd, TrialObserver, TrialTask } from "../../trials/trial-run.js";

/** What the objective of a trial is to do, in the terms of whichever executor runs it. */
export const behaviours = [
  /** Reports `loss` 3, 2, 1 at steps 10, 20, 30, then ends well. */
  "descends",
  /** Reports `loss` as x * x + seed for the configuration's x. */
  "square",
  /** Reports `loss` as NaN, then would go on for a long time. */
  "nan",
  /** Fails with the message `ValueError: bad width`. */
  "throws",
  /** Reports `los` instead of `loss`. */
  "misspelt",
  /** Reports `loss` 5 at step 1, then goes on for a long time. */
  "hangs",
  /** Fails as PyTorch does when the GPU's memory runs out. */
  "gpu-memory",
] as const;
export type Behaviour = (typeof behaviours)[number];

export interface ContractSettings {
  /** Seconds. */
  readonly time?: number;
  readonly parallel?: number;
  readonly shouldStop?: (task: TrialTask, observation: Observation) => string | undefined;
}

export interface ContractHarness {
  open(behaviour: Behaviour, settings: ContractSettings): Promise<Executor>;
  /** An empty folder, new at each call. */
  folder(): string;
}

/** What the study relies on, whichever executor it uses. Call it from a test file of each. */
export function describeExecutorContract(name: string, harness: ContractHarness): void {
  let marks = 0;
  const taskOf = (given: Partial<TrialTask> = {}): TrialTask => ({
    study: "contract",
    number: 7,
    attempt: 1,
    configuration: { x: 3 },
    derived: {},
    seed: 11,
    folder: harness.folder(),
    mark: `contract-${process.pid}-${marks++}`,
    ...given,
  });

  interface Seen {
    readonly end: Promise<TrialEnd>;
    readonly observations: Observation[];
    readonly started: unknown[];
    /** Resolves at the first observation. */
    readonly observed: Promise<void>;
    cancel(reason: string): void;
  }

  async function run(behaviour: Behaviour, settings: ContractSettings = {}): Promise<Seen> {
    const executor = await harness.open(behaviour, settings);
    return start(executor, taskOf());
  }

  function start(executor: Executor, task: TrialTask): Seen {
    const observations: Observation[] = [];
    const started: unknown[] = [];
    let first: () => void = () => {};
    const observed = new Promise<void>((resolve) => {
      first = resolve;
    });
    const observer: TrialObserver = {
      started: (info) => started.push(info),
      observed: (observation) => {
        observations.push(observation);
        first();
      },
    };
    const trial = executor.start(task, observer);
    return { end: trial.ended, observations, started, observed, cancel: (reason) => trial.cancel(reason) };
  }

  describe(`${name} keeps the contract of executors`, () => {
    test("a trial that reports and ends is complete with its last value, and every reading was observed in order", async () => {
      const seen = await run("descends");
      const end = await seen.end;
      expect(end.outcome).toEqual({ kind: "complete", value: 1 });
      expect(end.metrics.loss).toBe(1);
      expect(seen.started).toHaveLength(1);
      expect(seen.observations.map(({ metric, step, value }) => ({ metric, step, value }))).toEqual([
        { metric: "loss", step: 10, value: 3 },
        { metric: "loss", step: 20, value: 2 },
        { metric: "loss", step: 30, value: 1 },
      ]);
      const seconds = seen.observations.map((observation) => observation.seconds);
      expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
      expect(end.seconds).toBeGreaterThanOrEqual(seconds.at(-1) ?? 0);
    });

    test("configuration and seed reach the objective", async () => {
      const executor = await harness.open("square", {});
      const end = await start(executor, taskOf({ configuration: { x: 0.25 }, seed: 2 })).end;
      expect(end.outcome).toEqual({ kind: "complete", value: 2.0625 });
    });

    test("a metric that is not a number ends the trial at once as diverged", async () => {
      const end = await (await run("nan")).end;
      expect(end.outcome).toMatchObject({ kind: "failed", failure: "diverged" });
      expect(end.outcome).toMatchObject({ message: expect.stringContaining("loss became NaN") });
      expect(end.metrics).toEqual({});
    });

    test("an error is a crash and the message quotes it", async () => {
      const end = await (await run("throws")).end;
      expect(end.outcome).toMatchObject({ kind: "failed", failure: "crashed" });
      expect(end.outcome).toMatchObject({ message: expect.stringContaining("ValueError: bad width") });
      expect(end.logTail.join("\n")).toContain("ValueError: bad width");
    });

    test("memory that ran out is recognised by its message", async () => {
      const end = await (await run("gpu-memory")).end;
      expect(end.outcome).toMatchObject({ kind: "failed", failure: "out_of_memory" });
    });

    test("an objective that was not reported is named, with the nearest name that was", async () => {
      const end = await (await run("misspelt")).end;
      expect(end.outcome).toMatchObject({ kind: "failed", failure: "metric_missing" });
      expect(end.outcome).toMatchObject({ message: expect.stringMatching(/did not report loss.*the nearest is los/) });
    });

    test("a trial beyond its time is ended as timeout", async () => {
      const end = await (await run("hangs", { time: 0.4 })).end;
      expect(end.outcome).toMatchObject({ kind: "failed", failure: "timeout" });
      expect(end.outcome).toMatchObject({ message: expect.stringContaining("400ms") });
      expect(end.metrics).toEqual({ loss: 5 });
    });

    test("cancelling ends a running trial as cancelled with its reason; a second time changes nothing", async () => {
      const seen = await run("hangs");
      await seen.observed;
      seen.cancel("the user pressed Ctrl-C");
      seen.cancel("again");
      const { outcome } = await seen.end;
      expect(outcome).toEqual({ kind: "failed", failure: "cancelled", message: "Cancelled: the user pressed Ctrl-C." });
      seen.cancel("too late");
    });

    test("cancelling before the trial has begun starts nothing", async () => {
      const executor = await harness.open("hangs", {});
      const seen = start(executor, taskOf());
      seen.cancel("changed my mind");
      expect((await seen.end).outcome).toMatchObject({ failure: "cancelled" });
      expect(seen.started).toEqual([]);
    });

    test("a pruner's reason ends the trial as pruned with the last value", async () => {
      const shouldStop = (task: TrialTask, { step, value }: Observation) =>
        task.number === 7 && step >= 20 ? `${value} is worse than the median` : undefined;
      const end = await (await run("descends", { shouldStop })).end;
      expect(end.outcome).toEqual({ kind: "pruned", value: 2, step: 20, reason: "2 is worse than the median" });
    });

    test("slots run side by side and are free again afterwards", async () => {
      const executor = await harness.open("hangs", { parallel: 2 });
      expect(executor.slots).toBe(2);
      const first = start(executor, taskOf({ number: 1 }));
      const second = start(executor, taskOf({ number: 2 }));
      await Promise.all([first.observed, second.observed]);
      expect(() => start(executor, taskOf({ number: 3 }))).toThrow(/all 2 slots/);
      first.cancel("done");
      second.cancel("done");
      await Promise.all([first.end, second.end]);
      const third = start(executor, taskOf({ number: 3 }));
      third.cancel("done");
      expect((await third.end).outcome).toMatchObject({ failure: "cancelled" });
    });

    test("reaping marks that nothing carries finds nothing", async () => {
      const executor = await harness.open("descends", {});
      expect(await executor.reap(["no-such-mark"])).toEqual([]);
    });
  });
}

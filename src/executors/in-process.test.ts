import { describe, expect, test } from "vitest";
import { InProcessExecutor, type ObjectiveFunction } from "./in-process.js";
import { type Behaviour, describeExecutorContract } from "./testing/contract.js";

const minimizeLoss = { metric: "loss", direction: "minimize", pick: "last" } as const;
const forever = () => new Promise<never>(() => {});

const objectives: Readonly<Record<Behaviour, ObjectiveFunction>> = {
  descends: async (_, { report }) => {
    for (const [step, loss] of [
      [10, 3],
      [20, 2],
      [30, 1],
    ] as const)
      report(step, { loss });
  },
  square: ({ x }, { seed }) => Number(x) ** 2 + seed,
  nan: async (_, { report }) => {
    report(0, { loss: Number.NaN });
    return forever();
  },
  throws: () => {
    throw Object.assign(new Error("bad width"), { name: "ValueError" });
  },
  misspelt: () => ({ los: 1 }),
  hangs: async (_, { report }) => {
    report(1, { loss: 5 });
    return forever();
  },
  "gpu-memory": async () => {
    throw new Error("CUDA out of memory. Tried to allocate 20.00 MiB");
  },
};

describeExecutorContract("InProcessExecutor", {
  open: async (behaviour, { time, parallel = 1, shouldStop }) =>
    new InProcessExecutor({
      objective: objectives[behaviour],
      settings: { objective: minimizeLoss, limits: time === undefined ? {} : { time } },
      parallel,
      ...(shouldStop === undefined ? {} : { shouldStop }),
    }),
  folder: () => "",
});

function runOnce(objective: ObjectiveFunction, options: { time?: number; now?: () => number } = {}) {
  const executor = new InProcessExecutor({
    objective,
    settings: { objective: minimizeLoss, limits: options.time === undefined ? {} : { time: options.time } },
    parallel: 1,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const task = {
    study: "s",
    number: 0,
    attempt: 1,
    configuration: {},
    derived: { width: 8 },
    seed: 1,
    folder: "",
    mark: "m",
  };
  return executor.start(task, { started() {}, observed() {} }).ended;
}

describe("InProcessExecutor", () => {
  test("several metrics may be returned at once", async () => {
    const end = await runOnce(() => ({ loss: 0.5, accuracy: 0.9 }));
    expect(end).toMatchObject({ outcome: { kind: "complete", value: 0.5 }, metrics: { loss: 0.5, accuracy: 0.9 } });
  });

  test("derived quantities are at hand", async () => {
    expect((await runOnce((_, { derived }) => derived.width ?? 0)).outcome).toEqual({ kind: "complete", value: 8 });
  });

  test("an objective that computes without a pause is ended at the report after its time is up", async () => {
    let clock = 0;
    let reports = 0;
    const end = await runOnce(
      (_, { report }) => {
        for (let step = 0; ; step++) {
          clock += 1;
          report(step, { loss: 1 });
          reports++;
        }
      },
      { time: 3, now: () => clock },
    );
    expect(end.outcome).toMatchObject({ failure: "timeout" });
    expect(reports).toBe(3);
  });

  test("a value that came after the time was up does not count", async () => {
    let clock = 0;
    const end = await runOnce(
      () => {
        clock = 10;
        return 1;
      },
      { time: 3, now: () => clock },
    );
    expect(end.outcome).toMatchObject({ failure: "timeout" });
  });

  test("infinity as the returned value is diverged", async () => {
    expect((await runOnce(() => Number.POSITIVE_INFINITY)).outcome).toMatchObject({ failure: "diverged" });
  });

  test("a module that is missing is not the configuration's fault", async () => {
    const end = await runOnce(async () => {
      throw new Error("Cannot find module 'left-pad'");
    });
    expect(end.outcome).toMatchObject({ failure: "crashed", fault: "environment" });
  });

  test("something thrown that is no error is a crash too", async () => {
    const end = await runOnce(() => {
      throw "no luck";
    });
    expect(end.outcome).toMatchObject({ failure: "crashed", message: 'It failed: "Thrown: no luck".' });
  });

  test("reports after the end are refused and change nothing", async () => {
    let late: unknown;
    let done: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      done = resolve;
    });
    const end = await runOnce(
      async (_, { report, signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        try {
          report(9, { loss: 0 });
        } catch (error) {
          late = error;
        }
        done();
        return 0;
      },
      { time: 0.05 },
    );
    await finished;
    expect(late).toMatchObject({ name: "AbortError" });
    expect(end).toMatchObject({ outcome: { failure: "timeout" }, metrics: {} });
  });
});

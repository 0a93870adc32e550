import { describe, expect, it } from "vitest";
import { arlBenchTask, readArlBench } from "./arlbench.js";
import { readTaskSet } from "./taskset.js";

const hp = {
  learning_rate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  l1: 1e-7,
  l2: 1e-6,
  linear_decay: 1e-6,
  exponential_decay: 1e-5,
};

describe("a file of TaskSet", () => {
  it("is read as it is published, with NaN where a run diverged, and re-encoded, with null", () => {
    const published = `[{"hp": ${JSON.stringify(hp)}, "valid": {"loss": [0.7, 0.5, NaN, NaN]}, "test": {"loss": [1]}},
      {"hp": ${JSON.stringify({ ...hp, l1: 1e-6 })}, "valid": {"loss": [0.7, Infinity, 0.5, 0.4]}}]`;
    const reencoded = JSON.stringify([
      { hp, valid: [0.7, 0.5, null, null], test: [1] },
      { hp: { ...hp, l1: 1e-6 }, valid: [0.7, null, 0.5, 0.4] },
    ]);
    const rows = readTaskSet(published);
    expect(rows).toEqual(readTaskSet(reencoded));
    expect(rows.map(({ runs }) => runs)).toEqual([
      [{ kind: "diverged", progress: 0.5 }],
      [{ kind: "value", value: 0.4 }],
    ]);
    expect(rows[0]?.configuration).toMatchObject({ l1: 1e-7, one_minus_beta1: expect.closeTo(0.1, 12) });
    expect(rows[0]?.configuration).not.toHaveProperty("beta1");
  });

  it("is refused where it is something else", () => {
    expect(() => readTaskSet('[{"hp": {"learning_rate": 1}, "valid": [1]}]')).toThrow("beta1");
  });
});

describe("a file of ARLBench", () => {
  const recorded = readArlBench(
    JSON.stringify({
      task: "cc_acrobot_dqn",
      budgets: [1000, 2000],
      configs: [
        { learning_rate: 0.00123, buffer_batch_size: 64, use_target_network: false },
        { learning_rate: 0.0123, buffer_batch_size: 256, use_target_network: true, target_update_interval: 17 },
        { learning_rate: 0.05, buffer_batch_size: 128, use_target_network: true, target_update_interval: 99 },
      ],
      runs: [
        [0, 0, [-500, -100]],
        [0, 1, [-500, -80]],
        [1, 0, [-500, null]],
        [1, 1, [-400, -300]],
        [2, 0, [-400, -200]],
        [2, 1, [-400, -200]],
      ],
    }),
  );
  const task = arlBenchTask({ name: "cc_acrobot_dqn", environment: "a test" }, recorded);

  it("becomes a task on negated returns, with parameters that depend on others and bounds that hold all rows", () => {
    expect(task.space.parameters).toMatchObject([
      { name: "learning_rate", low: 0.0012, high: 0.05, scale: "log" },
      { name: "buffer_batch_size", low: 64, high: 256, powersOf: 2 },
      { name: "use_target_network", kind: "boolean" },
      { name: "target_update_interval", low: 17, high: 99, when: "use_target_network" },
    ]);
    expect(task.pool?.map((row) => task.trueValue(row))).toEqual([90, 300, 200]);
    expect(task.card.text).toContain("a deep Q-network (DQN) for 2,000 steps");
  });

  it("fails where a recorded run did", () => {
    const [, second = task.start] = task.pool ?? [];
    const seen = Array.from({ length: 20 }, (_, seed) => task.evaluate(second, seed));
    expect(seen).toContainEqual({
      evaluation: { kind: "failure", failure: "diverged", severity: 3 },
      measured: { progress: 0.5 },
    });
  });

  it("is refused with a parameter or an algorithm that nobody described", () => {
    const unknown = { ...recorded, configs: [{ gamma: 0.9 }] };
    expect(() => arlBenchTask({ name: "cc_acrobot_dqn", environment: "" }, unknown)).toThrow("gamma");
    expect(() => arlBenchTask({ name: "cc_acrobot_a2c", environment: "" }, recorded)).toThrow("names no algorithm");
  });
});

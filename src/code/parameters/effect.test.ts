import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { type BriefRun, type EffectTrial, verifyEffect } from "./effect.js";

const lr: Parameter = { kind: "float", name: "lr", low: 1e-4, high: 1e-1, scale: "log", default: 1e-2 };
const warmup: Parameter = { kind: "float", name: "warmup", low: 0, high: 1, scale: "linear", default: 0 };

function spaceOf(parameters: readonly Parameter[], constraints: readonly string[] = []): SearchSpace {
  return SearchSpace.from({ parameters: [lr, ...parameters], constraints, derived: [] });
}

const losses = (value: number, log: readonly string[] = []): BriefRun => ({
  observations: [1, 2, 3].map((step) => ({ metric: "loss", step, value: value / step })),
  log: [...log, "step 1", "step 2"],
});

function verify(
  run: (configuration: Configuration, calls: number) => BriefRun,
  more: Partial<EffectTrial> = {},
  space = spaceOf([warmup]),
) {
  let calls = 0;
  return verifyEffect({ space, declared: ["warmup"], run: async (each) => run(each, calls++), ...more });
}

describe("verifyEffect", () => {
  it("sees an effect on a metric", async () => {
    const report = await verify(({ warmup: share }) => losses(2 - Number(share)));
    expect(report.parameters).toEqual([
      {
        name: "warmup",
        effect: "seen",
        explanation: "with warmup = 0 and 0.5 and the same seed loss differed",
      },
    ]);
    expect(report.runs).toBe(3);
  });

  it("does not take the value's own echo for an effect", async () => {
    const report = await verify((each) =>
      losses(2, [`Namespace(lr=0.01, warmup=${each["warmup"]})`, `warmup ${Number(each["warmup"]).toExponential(2)}`]),
    );
    expect(report.parameters).toMatchObject([{ name: "warmup", effect: "none" }]);
    // Nothing differed, so nothing had to be repeated.
    expect(report.runs).toBe(2);
  });

  it.each<[string, (share: number) => Partial<BriefRun>, string]>([
    ["the log", (share) => ({ log: share > 0 ? ["ramp of 50 steps"] : ["no ramp"] }), "the log differed"],
    ["memory", (share) => ({ peakMemoryBytes: 1e9 * (1 + share) }), "peak memory differed"],
    ["time", (share) => ({ seconds: 10 * (1 + 2 * share) }), "the time it took differed"],
    ["the outcome", (share) => (share > 0 ? { failed: "loss is NaN" } : {}), "failed (loss is NaN)"],
  ])("sees an effect on %s", async (_what, change, words) => {
    const report = await verify(({ warmup: share }) => ({ ...losses(2), ...change(Number(share)) }));
    expect(report.parameters).toMatchObject([{ effect: "seen", explanation: expect.stringContaining(words) }]);
  });

  it("knows nothing where runs with the same values differ as much", async () => {
    const report = await verify((_, calls) => losses(2 + calls / 100));
    expect(report.parameters).toMatchObject([{ effect: "unknown" }]);
  });

  it("tells an effect on one thing from chance in another", async () => {
    const report = await verify(({ warmup: share }, calls) => ({
      observations: [
        { metric: "loss", step: 0, value: 2 - Number(share) },
        { metric: "tokens_per_second", step: 0, value: 900 + calls },
      ],
      log: [`elapsed ${calls}.3 s`],
    }));
    expect(report.parameters).toMatchObject([
      { effect: "seen", explanation: expect.stringContaining("loss differed") },
    ]);
  });

  it("compares runs that were cut off as far as both came", async () => {
    const report = await verify((each) => {
      const { observations, log } = losses(2);
      const cut = Number(each["warmup"]) > 0 ? 2 : 3;
      return { observations: observations.slice(0, cut), log: log.slice(0, cut - 1) };
    });
    expect(report.parameters).toMatchObject([{ effect: "none" }]);
  });

  it("stops where the code fails with its defaults", async () => {
    const report = await verify(() => ({ ...losses(1), failed: "unrecognized arguments: --warmup=0" }));
    expect(report).toMatchObject({ failed: "unrecognized arguments: --warmup=0", reproduces: "unknown", runs: 1 });
  });

  it("makes a conditional parameter active, and keeps constraints", async () => {
    const kind: Parameter = { kind: "categorical", name: "kind", choices: ["none", "linear"], default: "none" };
    const conditional = spaceOf([kind, { ...warmup, when: "kind == 'linear'" }], ["lr + warmup <= 0.4"]);
    const seen: Configuration[] = [];
    const report = await verify(
      (each) => {
        seen.push(each);
        return losses(2 - Number(each["warmup"] ?? 0));
      },
      {},
      conditional,
    );
    expect(report.parameters).toMatchObject([{ effect: "seen" }]);
    expect(seen.slice(0, 3)).toEqual([
      { lr: 0.01, kind: "none" },
      { lr: 0.01, kind: "linear", warmup: 0 },
      { lr: 0.01, kind: "linear", warmup: 0.2 },
    ]);
  });
});

describe("the defaults reproduce the parent", () => {
  const own = ({ warmup: share }: Configuration) => losses(2 - Number(share));

  it("where the metrics are the same", async () => {
    expect((await verify(own, { runParent: async () => losses(2) })).reproduces).toBe(true);
  });

  it("not where they differ, although runs repeat exactly", async () => {
    expect((await verify(own, { runParent: async () => losses(2.5) })).reproduces).toBe(false);
  });

  it("and nobody knows where runs do not repeat, nothing is reported, or there is no parent to run", async () => {
    const noisy = await verify((each, calls) => losses(Number(own(each).observations[0]?.value) + calls), {
      runParent: async () => losses(2.5),
    });
    expect(noisy.reproduces).toBe("unknown");
    expect((await verify(own, { runParent: async () => ({ observations: [], log: [] }) })).reproduces).toBe("unknown");
    expect((await verify(own)).reproduces).toBe("unknown");
  });
});

import { describe, expect, it } from "vitest";
import { complete, failed, finishedTrial } from "../evidence/testing/finished-trials.js";
import type { FailureKind } from "../trials/outcome.js";
import { verdictOfEnvironment, verdictOfFirstCall, verdictOfFirstTrial, withMetrics } from "./verdicts.js";

const first = (outcome: Parameters<typeof finishedTrial>[2]) => finishedTrial(0, { lr: 0.1 }, outcome);

describe("the first trial", () => {
  it.each(["crashed", "metric_missing", "invalid_configuration"] satisfies FailureKind[])(
    "ends the study when the default %s, and says where to look",
    (kind) => {
      const verdict = verdictOfFirstTrial(first(failed(kind, "no such flag --lr")), "val_bpb", "/s/log.txt");
      expect(verdict).toMatchObject({
        code: "all_trials_failed",
        message: expect.stringContaining("no such flag --lr"),
        where: "trial 0, log: /s/log.txt",
        remedy: expect.stringContaining("agent-tune resume"),
      });
    },
  );

  it.each(["out_of_memory", "timeout", "diverged"] satisfies FailureKind[])(
    "lets the search go on from a default that is merely %s",
    (kind) => expect(verdictOfFirstTrial(first(failed(kind)), "val_bpb", undefined)).toBeUndefined(),
  );

  it("ends the study when the machine failed it, whatever the kind", () => {
    expect(
      verdictOfFirstTrial(
        first(failed("out_of_memory", "no memory left on the host", "environment")),
        "loss",
        undefined,
      ),
    ).toBeDefined();
  });

  it("is no failure when it completes, unless a metric of a constraint is missing", () => {
    expect(verdictOfFirstTrial(first(complete(1)), "loss", undefined)).toBeUndefined();
    const end = { outcome: complete(1), metrics: { loss: 1 }, seconds: 1, logTail: [] };
    expect(withMetrics(end, [])).toBe(end);
    expect(withMetrics(end, ["mem_mb"]).outcome).toMatchObject({
      failure: "metric_missing",
      message: expect.stringContaining("did not report mem_mb"),
    });
  });
});

describe("the first call of a model", () => {
  const failure = (kind: string) =>
    [{ type: "advice.failed", turn: 1, failure: kind, message: "says the server" }] as const;

  it("ends the study where the key or the name is wrong", () => {
    expect(verdictOfFirstCall(failure("auth"), "openai:gpt-x")).toMatchObject({ code: "credentials_refused" });
    expect(verdictOfFirstCall(failure("unknown_model"), "openai:gpt-x")).toMatchObject({
      code: "model_unknown",
      where: "openai:gpt-x",
    });
  });

  it("leaves everything else to the fallback", () => {
    for (const kind of ["network", "rate_limited", "refusal", "deadline"]) {
      expect(verdictOfFirstCall(failure(kind), "openai:gpt-x")).toBeUndefined();
    }
    expect(verdictOfFirstCall([], "openai:gpt-x")).toBeUndefined();
  });
});

describe("the environment", () => {
  const lost = (number: number) => finishedTrial(number, { lr: 0.1 }, failed("crashed", "disk full", "environment"));
  const bad = (number: number) => finishedTrial(number, { lr: 0.1 }, failed("diverged"));

  it("is called broken after three trials in a row that failed through it", () => {
    expect(verdictOfEnvironment([lost(1), lost(2)])).toBeUndefined();
    expect(verdictOfEnvironment([bad(0), lost(1), lost(2), lost(3)])).toMatchObject({
      message: expect.stringContaining("disk full"),
      where: "trial 3",
    });
  });

  it("is not blamed for what configurations do", () => {
    expect(verdictOfEnvironment([lost(1), bad(2), lost(3)])).toBeUndefined();
    expect(verdictOfEnvironment([bad(1), bad(2), bad(3)])).toBeUndefined();
  });
});

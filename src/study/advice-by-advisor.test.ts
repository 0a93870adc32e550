import { describe, expect, it } from "vitest";
import type { EventRecord } from "../store/index.js";
import { adviceByAdvisor } from "./advice-by-advisor.js";

const journal = (...data: readonly Readonly<Record<string, unknown>>[]): readonly EventRecord[] =>
  data.map((each, k) => ({ sequence: k + 1, at: k, type: String(each.type), data: each }));
const started = (advisor: string | null) => ({ type: "study.started", advisor });
const received = { type: "advice.received", turn: 1, advisor: "a", decisions: [] };
const failed = (failure: string) => ({ type: "advice.failed", turn: 1, failure, message: "no" });

describe("how advisors answered", () => {
  it("is counted in turns, failures by kind", () => {
    const events = journal(started("a"), received, failed("network"), failed("deadline"), failed("network"), received);
    expect(adviceByAdvisor(events)).toEqual({
      a: { turns: 5, failed: 3, failures: { network: 2, deadline: 1 } },
    });
  });

  it("is told of each advisor by itself, over sessions", () => {
    const events = journal(started("a"), failed("auth"), started("b"), received, started(null), started("a"), received);
    expect(adviceByAdvisor(events)).toEqual({
      a: { turns: 2, failed: 1, failures: { auth: 1 } },
      b: { turns: 1, failed: 0, failures: {} },
    });
  });

  it("is nothing where nobody was asked, and passes over what it does not know", () => {
    expect(adviceByAdvisor(journal(started("a"), { type: "advice.failed" }, { type: "of.tomorrow" }))).toEqual({});
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SpendBooking, SpendLedger } from "./ledger.js";

const dollars = (cost: number, tokens = 100) => ({ tokens, cost });

describe("SpendLedger", () => {
  it("counts what is reserved as spent until it is settled", () => {
    const ledger = new SpendLedger({ caps: { usd: 1 } });
    const a = ledger.reserve("a", dollars(0.6));
    expect(() => ledger.reserve("b", dollars(0.6))).toThrow("The cap of $1 would be passed");
    ledger.settle(a, dollars(0.1));
    ledger.reserve("b", dollars(0.6));
    expect(ledger.total().cost).toBeCloseTo(0.7, 12);
  });

  it("caps tokens, whatever they cost", () => {
    const ledger = new SpendLedger({ caps: { tokens: 250 } });
    ledger.reserve("a", { tokens: 200, cost: null });
    expect(() => ledger.reserve("b", { tokens: 51, cost: null })).toThrow("The token cap of 250 would be passed");
    ledger.reserve("c", { tokens: 50, cost: null });
    expect(ledger.total()).toMatchObject({ tokens: 250, cost: null, unpriced: 2 });
  });

  it("reserves nothing where it refuses", () => {
    const booked: string[] = [];
    const journal = { reserved: (id: string) => booked.push(id), settled: () => {} };
    const ledger = new SpendLedger({ caps: { usd: 1 }, journal });
    expect(() => ledger.reserve("a", dollars(2))).toThrow();
    expect(() => ledger.reserve("b", { tokens: 1, cost: null })).toThrow("the price of this model is not known");
    expect(booked).toEqual([]);
    expect(ledger.total().tokens).toBe(0);
  });

  it("writes to its journal before it changes, so that a journal that fails stops the call", () => {
    const journal = {
      reserved: () => {
        throw new Error("disk full");
      },
      settled: () => {},
    };
    const ledger = new SpendLedger({ journal });
    expect(() => ledger.reserve("a", dollars(1))).toThrow("disk full");
    expect(ledger.total().tokens).toBe(0);
  });

  it("counts reservations that a crash left open as spent, and gives their names to nobody else", () => {
    const written: SpendBooking[] = [];
    const journal = {
      reserved: (id: string, spend: SpendBooking["spend"]) => written.push({ kind: "reserved", id, spend }),
      settled: (id: string, spend: SpendBooking["spend"]) => written.push({ kind: "settled", id, spend }),
    };
    const before = new SpendLedger({ journal });
    before.settle(before.reserve("a", dollars(0.5)), dollars(0.2));
    before.reserve("b", dollars(0.5));

    const after = new SpendLedger({ caps: { usd: 1 }, restored: written });
    expect(after.total().cost).toBeCloseTo(0.7, 12);
    expect(() => after.reserve("b", dollars(0.5))).toThrow("would be passed");
    expect(after.reserve("b", dollars(0.1))).toBe("b~2");
  });

  it("settles each reservation once", () => {
    const ledger = new SpendLedger();
    const id = ledger.reserve("a", dollars(1));
    ledger.settle(id, dollars(0.5));
    expect(() => ledger.settle(id, dollars(0.5))).toThrow(RangeError);
  });

  it("never passes its caps, whatever the order of calls, as long as no call takes more than it reserved", () => {
    const step = fc.record({
      worst: fc.double({ min: 0, max: 0.4, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      settle: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new SpendLedger({ caps: { usd: 1, tokens: 1000 } });
        const open: { id: string; worst: number; share: number }[] = [];
        for (const { worst, share, settle } of steps) {
          try {
            open.push({ id: ledger.reserve("call", { tokens: Math.round(worst * 1000), cost: worst }), worst, share });
          } catch {
            // Refused: that is what a cap is for.
          }
          for (const call of open.splice(0, settle)) {
            ledger.settle(call.id, {
              tokens: Math.floor(Math.round(call.worst * 1000) * call.share),
              cost: call.worst * call.share,
            });
          }
          expect(ledger.total().knownCost).toBeLessThanOrEqual(1 + 1e-12);
          expect(ledger.total().tokens).toBeLessThanOrEqual(1000);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

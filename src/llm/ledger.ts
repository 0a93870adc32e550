import { ModelCallError, type Spend } from "./model.js";

/** What may be spent at most, on all models together. Absent: no cap. */
export interface SpendCaps {
  readonly usd?: number;
  readonly tokens?: number;
}

/**
 * Makes bookings durable. Called before the request goes out and after it has ended; synchronous, so that a
 * crash in between leaves a reservation that the next start counts as spent.
 */
export interface SpendJournal {
  reserved(id: string, spend: Spend): void;
  settled(id: string, spend: Spend): void;
}

/** A booking as a journal gave it back, in the order in which it was written. */
export interface SpendBooking {
  readonly kind: "reserved" | "settled";
  readonly id: string;
  readonly spend: Spend;
}

export interface SpendTotal {
  readonly tokens: number;
  /** US dollars of the bookings whose price is known. */
  readonly knownCost: number;
  /** US dollars; null as soon as one booking has no known price. */
  readonly cost: number | null;
  /** Bookings without a known price. */
  readonly unpriced: number;
}

interface Booking {
  readonly settled: boolean;
  readonly spend: Spend;
}

/**
 * What a study has spent on models, and what is reserved for calls in flight. The worst case of a call is
 * reserved before it is sent; because everything reserved counts as spent, callers in parallel cannot pass a
 * cap together.
 */
export class SpendLedger {
  readonly caps: SpendCaps;
  private readonly journal: SpendJournal | undefined;
  private readonly bookings = new Map<string, Booking>();

  /**
   * @param options.restored bookings of earlier runs of the same study; a reservation that was never settled
   * counts as spent, because its request may have been answered and billed
   */
  constructor(
    options: {
      readonly caps?: SpendCaps;
      readonly journal?: SpendJournal;
      readonly restored?: Iterable<SpendBooking>;
    } = {},
  ) {
    this.caps = options.caps ?? {};
    this.journal = options.journal;
    for (const { id, kind, spend } of options.restored ?? []) {
      this.bookings.set(id, { settled: kind === "settled", spend });
    }
  }

  /** Everything settled and reserved. */
  total(): SpendTotal {
    let tokens = 0;
    let knownCost = 0;
    let unpriced = 0;
    for (const { spend } of this.bookings.values()) {
      tokens += spend.tokens;
      if (spend.cost === null) unpriced += 1;
      else knownCost += spend.cost;
    }
    return { tokens, knownCost, cost: unpriced === 0 ? knownCost : null, unpriced };
  }

  /**
   * Sets the worst case of a call aside.
   * @param label what the call is for, for example `advise/12/1#2`
   * @returns the booking's id, which is the label or, where that was used before, the label and a number
   * @throws ModelCallError `cap_reached` where the call could pass a cap; nothing is reserved then
   */
  reserve(label: string, worstCase: Spend): string {
    const total = this.total();
    const { usd, tokens } = this.caps;
    if (tokens !== undefined && total.tokens + worstCase.tokens > tokens) {
      throw capReached(
        `The token cap of ${tokens} would be passed: ${total.tokens} are spent or reserved and this call may use up to ${worstCase.tokens}.`,
      );
    }
    if (usd !== undefined) {
      if (worstCase.cost === null) {
        throw capReached(
          "A money cap is set, but the price of this model is not known. Add its price under `prices`, or cap tokens instead.",
        );
      }
      if (total.knownCost + worstCase.cost > usd) {
        throw capReached(
          `The cap of $${usd} would be passed: $${total.knownCost.toFixed(4)} is spent or reserved and this call may cost up to $${worstCase.cost.toFixed(4)}.`,
        );
      }
    }
    const id = this.unusedId(label);
    this.journal?.reserved(id, worstCase);
    this.bookings.set(id, { settled: false, spend: worstCase });
    return id;
  }

  /** Replaces a reservation by what the call really took. */
  settle(id: string, spend: Spend): void {
    const booking = this.bookings.get(id);
    if (booking === undefined || booking.settled) throw new RangeError(`no open reservation ${id}`);
    this.journal?.settled(id, spend);
    this.bookings.set(id, { settled: true, spend });
  }

  /** Settles a reservation at its full amount: what was used is not known. @returns that amount */
  keep(id: string): Spend {
    const booking = this.bookings.get(id);
    if (booking === undefined) throw new RangeError(`no open reservation ${id}`);
    this.settle(id, booking.spend);
    return booking.spend;
  }

  /** Books spending that has already happened, whatever the caps: a replayed call. */
  book(label: string, spend: Spend): void {
    const id = this.unusedId(label);
    this.journal?.reserved(id, spend);
    this.journal?.settled(id, spend);
    this.bookings.set(id, { settled: true, spend });
  }

  private unusedId(label: string): string {
    if (!this.bookings.has(label)) return label;
    let n = 2;
    while (this.bookings.has(`${label}~${n}`)) n += 1;
    return `${label}~${n}`;
  }
}

function capReached(message: string): ModelCallError {
  return new ModelCallError("cap_reached", message, { usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 } });
}

import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../../src/errors.js";
import { ModelCallError, type Spend, type SpendJournal } from "../../src/llm/index.js";

const entrySchema = z.union([
  /**
   * US dollars that a call may cost at worst, and the cap that it was reserved under; null: none, or not known. `at`
   * in milliseconds since the epoch.
   */
  z.object({ reserve: z.string(), usd: z.number().nullable(), cap: z.number().nullable(), at: z.number() }),
  z.object({ settle: z.string(), usd: z.number().nullable() }),
]);
type Entry = z.infer<typeof entrySchema>;

/**
 * What all processes of an evaluation have spent on models, under one cap that is never passed: the worst case of a
 * call is reserved before it is sent.
 *
 * The file is the only thing that the processes share, and there is no lock. Each entry is one append, and whether a
 * reservation was granted follows from the entries before it alone, so that every process that reads the file comes
 * to the same answer. A reservation that was never settled, because its process died, counts as spent: the call may
 * have been answered and billed.
 */
export class Spending implements SpendJournal {
  /** US dollars reserved or settled, by reservation. */
  private readonly granted = new Map<string, number>();
  /** When those of them that are not settled were made: calls under way, or lost. */
  private readonly open = new Map<string, number>();
  private total = 0;
  /** US dollars of the reservation that was refused last. */
  private refused = 0;
  /** Bytes of the file that are known. */
  private position = 0;
  /** Bytes behind the last line break. */
  private rest = "";

  /**
   * @param cap US dollars; undefined: none
   * @param prefix of this run's reservations, different from that of every other run there ever was
   * @param now milliseconds since the epoch
   */
  constructor(
    private readonly path: string,
    private readonly cap: number | undefined,
    private readonly prefix: string,
    private readonly now: () => number = Date.now,
  ) {
    mkdirSync(dirname(path), { recursive: true });
  }

  /** @throws ModelCallError `cap_reached`; nothing is reserved then */
  reserved(id: string, { cost }: Spend): void {
    if (this.cap !== undefined && cost === null) {
      this.refused = Number.POSITIVE_INFINITY;
      throw capReached("A cap is set, but the price of this model is not known.");
    }
    const own = `${this.prefix} ${id}`;
    this.append({ reserve: own, usd: cost, cap: this.cap ?? null, at: this.now() });
    this.catchUp();
    if (this.granted.has(own)) return;
    this.refused = cost ?? 0;
    throw capReached(
      `The cap of $${this.cap} for the whole evaluation would be passed: $${this.total.toFixed(4)} is spent or ` +
        `reserved (${this.path}) and this call may cost up to $${(cost ?? 0).toFixed(4)}.`,
    );
  }

  settled(id: string, { cost }: Spend): void {
    this.append({ settle: `${this.prefix} ${id}`, usd: cost });
  }

  /** US dollars spent or reserved by all processes so far. */
  spent(): number {
    this.catchUp();
    return this.total;
  }

  /**
   * Whether what was refused last would fit if the calls that are under way turned out to cost nothing.
   *
   * @param longestMs a call that began earlier than this many milliseconds ago was lost
   */
  mayFitLater(longestMs: number): boolean {
    this.catchUp();
    const lostBefore = this.now() - longestMs;
    let settled = this.total;
    for (const [id, at] of this.open) if (at >= lostBefore) settled -= this.granted.get(id) ?? 0;
    return this.cap !== undefined && settled + this.refused <= this.cap;
  }

  /** A line break on either side: what a process left half written spoils no other entry. */
  private append(entry: Entry): void {
    appendFileSync(this.path, `\n${JSON.stringify(entry)}\n`);
  }

  /** Reads what has been appended since, by whomever. */
  private catchUp(): void {
    const file = openSync(this.path, "a+");
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.position));
      const read = readSync(file, bytes, 0, bytes.length, this.position);
      this.position += read;
      // Entries are ASCII: ids are names of calls and hexadecimal digits.
      const lines = (this.rest + bytes.toString("latin1", 0, read)).split("\n");
      this.rest = lines.pop() ?? "";
      for (const line of lines) this.apply(parseEntry(line));
    } finally {
      closeSync(file);
    }
  }

  private apply(entry: Entry | undefined): void {
    if (entry === undefined) return;
    const amount = entry.usd ?? 0;
    if ("reserve" in entry) {
      if (entry.cap !== null && this.total + amount > entry.cap) return;
      this.granted.set(entry.reserve, amount);
      this.open.set(entry.reserve, entry.at);
      this.total += amount;
      return;
    }
    const before = this.granted.get(entry.settle);
    if (before === undefined) return;
    this.granted.set(entry.settle, amount);
    this.open.delete(entry.settle);
    this.total += amount - before;
  }
}

/**
 * The cap in US dollars that a variable holds.
 *
 * @throws AgentTuneError `usage` where it is no amount
 */
export function readCap(text: string | undefined, variable: string): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const amount = Number(text);
  if (Number.isFinite(amount) && amount >= 0) return amount;
  throw new AgentTuneError("usage", {
    message: `"${text}" is no amount of money.`,
    where: variable,
    remedy: "Give US dollars, for example 2.50.",
  });
}

function parseEntry(line: string): Entry | undefined {
  if (line === "") return undefined;
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Nothing was sent: no tokens. */
function capReached(message: string): ModelCallError {
  return new ModelCallError("cap_reached", message, { usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 } });
}

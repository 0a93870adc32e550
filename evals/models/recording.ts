import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { type Exchange, type ModelRequest, readRecording, writeExchange } from "../../src/llm/index.js";

/**
 * What was asked and answered in one run, in the format of the product's recordings. Answers are found by the whole
 * question, word for word: a recording cannot answer what a changed prompt or a changed method asks, and runs of
 * different length of one method share a file without getting into each other's way.
 */
export class Recording {
  /** By question; several where the same was asked again. */
  private readonly answers = new Map<string, Exchange[]>();

  private constructor(
    readonly path: string,
    exchanges: readonly Exchange[],
    /** Bytes of the file that can be read, where its last line was left half written. */
    private readable?: number,
  ) {
    for (const exchange of exchanges) {
      const question = questionOf(exchange.request);
      this.answers.set(question, [...(this.answers.get(question) ?? []), exchange]);
    }
  }

  /** @throws AgentTuneError `recording_invalid` */
  static open(path: string): Recording {
    if (!existsSync(path)) return new Recording(path, []);
    const text = readFileSync(path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    return new Recording(
      path,
      readRecording(whole, path),
      whole.length === text.length ? undefined : Buffer.byteLength(whole),
    );
  }

  /** Any exchange, for the model's name. */
  get first(): Exchange | undefined {
    return this.answers.values().next().value?.[0];
  }

  /** The next answer to this question. */
  take(request: ModelRequest): Exchange | undefined {
    return this.answers.get(questionOf(request))?.shift();
  }

  append(exchange: Exchange): void {
    mkdirSync(dirname(this.path), { recursive: true });
    // A process was stopped while it wrote.
    if (this.readable !== undefined) truncateSync(this.path, this.readable);
    this.readable = undefined;
    appendFileSync(this.path, `${writeExchange(exchange)}\n`);
  }
}

/** The same for the same question, whatever the order of keys. */
function questionOf(request: ModelRequest): string {
  return JSON.stringify(request, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

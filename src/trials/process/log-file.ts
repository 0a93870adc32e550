import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { formatSize } from "../quantity.js";

/**
 * The log of one trial: what its processes wrote, byte for byte, up to a limit. What comes beyond is counted, and a
 * last line says so. A disk that cannot be written costs the log and not the trial.
 */
export class LogFile {
  private readonly stream: WriteStream;
  private written = 0;
  private dropped = 0;
  private failure: string | undefined;

  constructor(
    readonly path: string,
    private readonly limitBytes: number,
  ) {
    this.stream = createWriteStream(path, { flags: "a" });
    this.stream.on("error", (error) => {
      this.failure ??= error.message;
    });
  }

  /** Takes a chunk. False where the caller should wait for {@link drained} before the next. */
  write(chunk: Buffer): boolean {
    const room = this.failure === undefined ? this.limitBytes - this.written : 0;
    if (room <= 0) {
      this.dropped += chunk.length;
      return true;
    }
    const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.written += kept.length;
    this.dropped += chunk.length - kept.length;
    return this.stream.write(kept);
  }

  drained(resume: () => void): void {
    const done = () => {
      this.stream.off("drain", done);
      this.stream.off("close", done);
      resume();
    };
    if (this.stream.closed || this.failure !== undefined) resume();
    else this.stream.on("drain", done).on("close", done);
  }

  /** Writes what was left out and closes. Returns what a person should know about the log. */
  async close(): Promise<readonly string[]> {
    const warnings: string[] = [];
    if (this.dropped > 0 && this.failure === undefined) {
      const line = `The log was cut at ${formatSize(this.limitBytes)}; ${formatSize(this.dropped)} more were read but not stored.`;
      warnings.push(line);
      this.stream.write(`\n[agent-tune] ${line}\n`);
    }
    this.stream.end();
    await finished(this.stream).catch(() => {});
    if (this.failure !== undefined) warnings.push(`The log could not be written: ${this.failure}.`);
    return warnings;
  }
}

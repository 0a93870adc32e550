import { isUtf8 } from "node:buffer";

/** One line of input, or why it cannot be read. */
export type Line =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too_long" }
  | { readonly kind: "not_utf8" };

const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines. A line that grows beyond the limit is given up at once, so that no input makes
 * the process hold more than the limit: its rest is thrown away up to the next newline.
 */
export class JsonLines {
  /** Parts of a line whose end has not come. */
  private parts: Buffer[] = [];
  private length = 0;
  private skipping = false;

  /** @param limit longest line in bytes, without its newline */
  constructor(private readonly limit: number) {}

  /** The lines that this chunk completes, in order. Empty lines are left out. */
  push(chunk: Buffer): readonly Line[] {
    const lines: Line[] = [];
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, at === -1 ? chunk.length : at);
      from = at === -1 ? chunk.length : at + 1;
      if (!this.skipping) this.keep(part, lines);
      if (at === -1) break;
      this.finish(lines);
    }
    return lines;
  }

  /** The last line where the input ended without a newline. */
  end(): readonly Line[] {
    const lines: Line[] = [];
    this.finish(lines);
    return lines;
  }

  private keep(part: Buffer, lines: Line[]): void {
    this.length += part.length;
    if (this.length <= this.limit) {
      this.parts.push(part);
      return;
    }
    lines.push({ kind: "too_long" });
    this.skipping = true;
    this.parts = [];
  }

  private finish(lines: Line[]): void {
    const line = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    this.parts = [];
    this.length = 0;
    if (this.skipping) {
      this.skipping = false;
      return;
    }
    if (line === undefined || line.length === 0) return;
    if (!isUtf8(line)) {
      lines.push({ kind: "not_utf8" });
      return;
    }
    const text = line.toString("utf8");
    if (text.trim() !== "") lines.push({ kind: "text", text });
  }
}

import { StringDecoder } from "node:string_decoder";

/** Longest line that is read, in UTF-16 units; the rest of a longer one is dropped up to its end. */
export const longestLine = 65_536;

export interface Line {
  readonly text: string;
  /** The line ended in a carriage return alone: a progress bar that the next line overwrites. */
  readonly overwritten: boolean;
}

/**
 * Cuts a stream of bytes into lines, in bounded memory. Ends of lines are \n, \r\n and \r; a UTF-8 character or a
 * \r\n that falls between two chunks is kept whole.
 */
export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";
  private afterReturn = false;

  constructor(private readonly onLine: (line: Line) => void) {}

  push(chunk: Buffer): void {
    this.feed(this.decoder.write(chunk));
  }

  /** The stream has ended: what is left is a line too. */
  end(): void {
    this.feed(this.decoder.end());
    if (this.afterReturn || this.rest !== "") this.emit(false);
    this.afterReturn = false;
  }

  private feed(text: string): void {
    let start = 0;
    if (this.afterReturn && text !== "") {
      const newline = text[0] === "\n";
      if (newline) start = 1;
      this.emit(!newline);
      this.afterReturn = false;
    }
    while (start < text.length) {
      const end = nextEnd(text, start);
      if (end === -1) {
        this.keep(text.slice(start));
        return;
      }
      this.keep(text.slice(start, end));
      if (text[end] === "\n") {
        this.emit(false);
        start = end + 1;
      } else if (end + 1 === text.length) {
        this.afterReturn = true;
        return;
      } else {
        const newline = text[end + 1] === "\n";
        this.emit(!newline);
        start = end + (newline ? 2 : 1);
      }
    }
  }

  private keep(text: string): void {
    const room = longestLine - this.rest.length;
    if (room > 0) this.rest += room < text.length ? text.slice(0, room) : text;
  }

  private emit(overwritten: boolean): void {
    const text = this.rest;
    this.rest = "";
    this.onLine({ text, overwritten });
  }
}

function nextEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || code === 13) return i;
  }
  return -1;
}

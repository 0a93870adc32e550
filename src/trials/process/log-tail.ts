import type { Line } from "../metrics/line-splitter.js";
import { plainText } from "../metrics/plain-text.js";

/** Lines kept for judging how a trial ended. */
const linesKept = 200;
/** Longest line kept, in UTF-16 units. */
const longestKept = 500;

/** The last lines of what a trial wrote, clean and cut to size. States of a progress bar overwrite one another. */
export class LogTail {
  private lines: string[] = [];
  private overwrite = false;

  push(line: Line): void {
    const text = plainText(line.text.slice(0, longestKept * 4)).slice(0, longestKept);
    if (this.overwrite) this.lines.pop();
    this.overwrite = line.overwritten;
    this.lines.push(text);
    if (this.lines.length > linesKept * 2) this.lines = this.lines.slice(-linesKept);
  }

  last(count: number): readonly string[] {
    return this.lines.slice(-Math.min(count, linesKept));
  }
}

import { cut, displayWidth } from "../report/terminal-text.js";

export type Colour = "white" | "cyan" | "magenta" | "yellow" | "green" | "blue" | "red" | "gray";

/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

/** One line of the screen. Sections are made of these, so that their height is known before anything is drawn. */
export type StyledLine = readonly Span[];

export function plain(text: string): Span {
  return { text };
}
export function dim(text: string): Span {
  return { text, dim: true };
}
export function bold(text: string): Span {
  return { text, bold: true };
}
export function coloured(colour: Colour, text: string): Span {
  return { text, colour };
}

export function lineWidth(line: StyledLine): number {
  return line.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** At most `width` columns: the span that does not fit is cut, those behind it fall away. */
export function clip(line: StyledLine, width: number): StyledLine {
  const kept: Span[] = [];
  let left = width;
  for (const span of line) {
    const wide = displayWidth(span.text);
    if (wide <= left) {
      kept.push(span);
      left -= wide;
      continue;
    }
    if (left > 0) kept.push({ ...span, text: cut(span.text, left) });
    break;
  }
  return kept;
}

/** Left and right part of one line, the right one at the edge; it falls away where there is no room for both. */
export function spread(left: StyledLine, right: StyledLine, width: number): StyledLine {
  const gap = width - lineWidth(left) - lineWidth(right);
  return gap < 2 ? clip(left, width) : [...left, plain(" ".repeat(gap)), ...right];
}

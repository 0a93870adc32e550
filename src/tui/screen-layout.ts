import type { RunState } from "./run-state.js";
import {
  advisorLines,
  chartSection,
  codeLines,
  finishedLines,
  footerLine,
  headerLines,
  optimizerLines,
  runningLines,
  standingLines,
} from "./sections.js";
import { clip, coloured, type StyledLine } from "./styled-line.js";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is drawn: full-width lines with, in wide terminals, two columns between them. */
export interface ScreenLayout {
  readonly top: readonly StyledLine[];
  readonly columns?: {
    readonly left: readonly StyledLine[];
    readonly leftWidth: number;
    readonly right: readonly StyledLine[];
  };
  readonly bottom: readonly StyledLine[];
}

/** From here on the screen has two columns. */
const twoColumnsFrom = 110;
/** Narrower than this a chart says nothing. */
const chartFrom = 40;
const blank: StyledLine = [];
const mostRunning = 4;
/** Axis and legend. */
const aroundChart = 2;

/**
 * Divides the terminal among the sections, so that the screen never gets as high as the terminal: what cannot be
 * shown whole is shortened, and what matters least is left out first.
 */
export function layOut(state: RunState, size: ScreenSize, final: boolean): ScreenLayout {
  const width = Math.max(10, size.columns - 1);
  // One row stays free for the cursor; a screen that fills the terminal would be redrawn from scratch each time.
  const height = Math.max(2, size.rows - 1);
  return width >= twoColumnsFrom && height >= 16
    ? wideLayout(state, width, height, final)
    : narrowLayout(state, width, height, final);
}

function narrowLayout(state: RunState, width: number, height: number, final: boolean): ScreenLayout {
  const header = headerLines(state, width);
  const standing = [...standingLines(state, width), ...codeLines(state, width, height < 20 ? 1 : height < 30 ? 2 : 3)];
  const notice = noticeLines(state, width);
  const footer = [footerLine(state, width)];
  const running = final ? [] : runningLines(state, width, height < 20 ? 2 : mostRunning);
  const advisor = final ? [] : advisorLines(state, width, height < 30 ? 2 : 3);
  const rest: StyledLine[][] = [];
  let free = height - header.length - standing.length - notice.length - footer.length - running.length;
  if (free < 0) return { top: [...header, ...standing, ...notice, ...running, ...footer].slice(0, height), bottom: [] };
  const take = (lines: readonly StyledLine[]): void => {
    if (lines.length === 0 || lines.length > free) return;
    rest.push([...lines]);
    free -= lines.length;
  };
  const said = advisor.length <= free ? advisor : [];
  free -= said.length;
  const chartRows = Math.min(10, Math.max(free >= 9 ? 3 : 0, Math.floor(free * 0.5) - aroundChart));
  const chart = width >= chartFrom && chartRows >= 3 ? chartSection(state, width, chartRows + aroundChart) : [];
  free -= chart.length;
  const wanted = Math.min(6, Math.max(3, Math.floor(free / 2)), state.finished.length);
  const optimizer = optimizerLines(state, width, Math.max(0, Math.min(12, free - wanted)));
  take(optimizer);
  // More of them only where the sections still keep apart.
  const apart = 2 + [chart, running, said, optimizer].filter((lines) => lines.length > 0).length;
  take(finishedLines(state, width, Math.min(6, free, Math.max(3, free - apart))));
  const sections = [chart, standing, running, said, ...rest].filter((lines) => lines.length > 0);
  // Room that is left separates the sections.
  const gaps = Math.min(free, sections.length);
  const body = sections.flatMap((lines, k) => (k < gaps ? [blank, ...lines] : lines));
  return { top: [...header, ...body, ...notice], bottom: footer };
}

function wideLayout(state: RunState, width: number, height: number, final: boolean): ScreenLayout {
  const header = headerLines(state, width);
  const footer = [...noticeLines(state, width), footerLine(state, width)];
  const free = height - header.length - footer.length - 2;
  const leftWidth = Math.floor(width * (width < 140 ? 0.48 : 0.55));
  const rightWidth = width - leftWidth - 3;
  const finishedRows = Math.min(6, Math.max(3, Math.floor(free / 4)));
  const finished = finishedLines(state, leftWidth, finishedRows);
  // The place of trials that have not finished yet stays free: a chart that shrinks as they come in is restless.
  const chartRows = Math.min(22, free - finishedRows - 1);
  const left = [...chartSection(state, leftWidth, chartRows), blank, ...finished];
  const standing = standingLines(state, rightWidth);
  const code = codeLines(state, rightWidth, 3);
  const running = final ? [] : runningLines(state, rightWidth, mostRunning);
  const advisor = final ? [] : advisorLines(state, rightWidth, 4);
  const used = [standing, code, running, advisor].reduce(
    (sum, lines) => sum + (lines.length === 0 ? 0 : lines.length + 1),
    0,
  );
  const optimizer = optimizerLines(state, rightWidth, Math.max(0, free - used));
  const sections = [standing, code, running, advisor, optimizer].filter((lines) => lines.length > 0);
  const right = sections.flatMap((lines, k) => (k === 0 ? lines : [blank, ...lines])).slice(0, free);
  return {
    top: [...header, blank],
    columns: { left: left.slice(0, free), leftWidth: leftWidth + 3, right },
    bottom: [blank, ...footer],
  };
}

function noticeLines(state: RunState, width: number): readonly StyledLine[] {
  return state.notice === undefined ? [] : [clip([coloured("yellow", state.notice)], width)];
}

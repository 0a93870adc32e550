import { cut, displayWidth, padEnd, padStart } from "./terminal-text.js";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Columns with the smallest number leave first when the table is too wide; those without one stay. */
  readonly keep?: number;
  /** Widest it may get; longer cells are cut. */
  readonly most?: number;
}

export interface TextTable {
  readonly lines: readonly string[];
  /** Titles of columns that found no room. */
  readonly dropped: readonly string[];
}

const gap = 2;

/** Aligned columns within `width`; those that find no room are left out whole rather than broken. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): TextTable {
  const widths = columns.map(({ title, most }, k) =>
    Math.min(
      most ?? Number.POSITIVE_INFINITY,
      Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[k] ?? ""))),
    ),
  );
  const shown = new Set(columns.keys());
  const total = (): number => [...shown].reduce((sum, k) => sum + (widths[k] ?? 0) + gap, -gap);
  const leaving = [...columns.keys()]
    .filter((k) => columns[k]?.keep !== undefined)
    // Of equals the one further right leaves first.
    .sort((a, b) => (columns[a]?.keep ?? 0) - (columns[b]?.keep ?? 0) || b - a);
  const dropped: number[] = [];
  for (const k of leaving) {
    if (total() <= width) break;
    shown.delete(k);
    dropped.push(k);
  }
  const line = (cells: readonly string[]): string =>
    cut(
      [...shown]
        .map((k) => {
          const cell = cut(cells[k] ?? "", widths[k] ?? 0);
          return columns[k]?.align === "right" ? padStart(cell, widths[k] ?? 0) : padEnd(cell, widths[k] ?? 0);
        })
        .join(" ".repeat(gap))
        .trimEnd(),
      width,
    );
  return {
    lines: [line(columns.map(({ title }) => title)), ...rows.map(line)],
    dropped: dropped.sort((a, b) => a - b).map((k) => columns[k]?.title ?? ""),
  };
}

import { type Child, element, type Markup } from "../markup.js";

export interface DrawingSize {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

/**
 * The frame of a figure, as large as its contents say and smaller where there is less room.
 *
 * @param label what it shows, for those who cannot see it
 */
export function drawing(
  { width, height, fontSize }: DrawingSize,
  label: string,
  ...children: readonly Child[]
): Markup {
  return element(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, "font-size": fontSize },
    ...children,
  );
}

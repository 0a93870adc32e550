import { originMark } from "../../../src/report/origin-mark.js";
import type { Effort, OriginShare } from "../../analysis/index.js";
import { element, type Markup } from "../markup.js";

/** Hatching of trials that failed; once in a document that has bars. */
export function hatching(): Markup {
  return element(
    "svg",
    { width: 0, height: 0, "aria-hidden": "true", class: "definitions" },
    element(
      "defs",
      {},
      element(
        "pattern",
        { id: "failed", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        element("rect", { width: 2.5, height: 5, fill: "var(--paper)", "fill-opacity": 0.75 }),
      ),
    ),
  );
}

/** Shares of origins as one bar as wide as its place: of trials, with failures hatched, of improvements or of finals. */
export function originBar({ origins }: Effort, of: "trials" | "improvements" | "finals"): Markup {
  const total = origins.reduce((sum, each) => sum + each[of], 0);
  const percent = (part: number): number => (total === 0 ? 0 : (100 * part) / total);
  let from = 0;
  const parts = origins.flatMap((share) => {
    const start = from;
    from += percent(share[of]);
    const failed = of === "trials" ? percent(share.failures) : 0;
    return [
      element(
        "rect",
        { x: `${start.toFixed(2)}%`, width: `${(from - start).toFixed(2)}%`, height: 14, fill: originColour(share) },
        element("title", {}, titleOf(share, of, total)),
      ),
      failed > 0
        ? element("rect", {
            x: `${(from - failed).toFixed(2)}%`,
            width: `${failed.toFixed(2)}%`,
            height: 14,
            fill: "url(#failed)",
          })
        : null,
    ];
  });
  const label = origins.map((share) => titleOf(share, of, total)).join(", ");
  return element("svg", { class: "bar", width: "100%", height: 14, role: "img", "aria-label": label }, ...parts);
}

export function originColour({ origin }: Pick<OriginShare, "origin">): string {
  return originMark(origin).paper;
}

function titleOf(share: OriginShare, of: "trials" | "improvements" | "finals", total: number): string {
  const failed = of === "trials" && share.failures > 0 ? `, ${share.failures} failed` : "";
  return `${share.origin} ${share[of]} of ${total}${failed}`;
}

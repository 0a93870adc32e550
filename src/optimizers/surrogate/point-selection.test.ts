import { describe, expect, it } from "vitest";
import { selectPoints } from "./point-selection.js";

/** Fifty points on a line, of which the values fall to the right, and one alone at the far left. */
const points = [Float64Array.of(-100), ...Array.from({ length: 50 }, (_, i) => Float64Array.of(i / 50))];
const values = points.map((point) => -point[0]!);

describe("selectPoints", () => {
  it("keeps everything while it is affordable", () => {
    expect(selectPoints(points, values, 51)).toHaveLength(51);
  });

  it("keeps the best, the most recent and the outlying", () => {
    const worstLast = [...points.slice(1), points[0]!];
    const chosen = selectPoints(
      worstLast,
      worstLast.map((point) => Math.abs(point[0]! - 0.5)),
      10,
    );
    expect(chosen).toHaveLength(10);
    expect(chosen).toContain(25);
    expect(chosen).toContain(50);
    expect(chosen).toContain(49);
    expect(chosen).toContain(0);
    expect(chosen).toEqual([...chosen].sort((a, b) => a - b));
  });

  it("chooses the same points every time", () => {
    expect(selectPoints(points, values, 17)).toEqual(selectPoints(points, values, 17));
  });
});

import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { ExtraTrees } from "./extra-trees.js";

const random = RandomStream.fromSeed(deriveSeed(1, "trees"));
const rows = Array.from({ length: 150 }, () => Float64Array.from({ length: 4 }, () => random.uniform()));
/** An island: no plane separates it. */
const labels = Uint8Array.from(rows, (row) => (Math.abs(row[0]! - 0.5) < 0.25 && row[1]! > 0.4 ? 1 : 0));
const grow = (seed: number): ExtraTrees => ExtraTrees.fit(rows, labels, 0.3, RandomStream.fromSeed(seed));

describe("ExtraTrees", () => {
  const trees = grow(7);

  it("finds a region that no plane separates", () => {
    expect(trees.probability(Float64Array.of(0.5, 0.8, 0.5, 0.5))).toBeGreaterThan(0.6);
    expect(trees.probability(Float64Array.of(0.5, 0.1, 0.5, 0.5))).toBeLessThan(0.35);
    expect(trees.probability(Float64Array.of(0.95, 0.8, 0.5, 0.5))).toBeLessThan(0.35);
  });

  it("judges every row by the trees that did not see it, and is less sure there", () => {
    let seen = 0;
    let unseen = 0;
    rows.forEach((row, i) => {
      seen += (trees.probability(row) - labels[i]!) ** 2;
      unseen += (trees.outOfBag[i]! - labels[i]!) ** 2;
    });
    expect(unseen).toBeGreaterThan(seen);
    expect(unseen / rows.length).toBeLessThan(0.2);
  });

  it("is the same forest for the same stream, and another for another", () => {
    const at = Float64Array.of(0.3, 0.5, 0.5, 0.5);
    expect(grow(7).probability(at)).toBe(trees.probability(at));
    expect(grow(8).probability(at)).not.toBe(trees.probability(at));
  });

  it("never answers 0 or 1 from pure leaves", () => {
    const pure = ExtraTrees.fit(rows.slice(0, 5), Uint8Array.of(1, 1, 1, 1, 1), 0.5, RandomStream.fromSeed(1));
    expect(pure.probability(rows[0]!)).toBeGreaterThan(0.5);
    expect(pure.probability(rows[0]!)).toBeLessThan(1);
  });
});

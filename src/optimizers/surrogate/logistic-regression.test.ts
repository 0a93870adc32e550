import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { LogisticRegression } from "./logistic-regression.js";

const random = RandomStream.fromSeed(deriveSeed(1, "logistic"));
const rows = Array.from({ length: 80 }, () => Float64Array.from({ length: 3 }, () => random.normal()));
const labels = Uint8Array.from(rows, (row) => (row[0]! - 0.5 * row[1]! + 0.3 * random.normal() > 0.5 ? 1 : 0));
const model = LogisticRegression.fit(rows, labels, 0.3);

describe("LogisticRegression", () => {
  it("finds the direction of a limit", () => {
    const [, first, second, idle] = model.coefficients;
    expect(second! / first!).toBeCloseTo(-0.5, 0);
    expect(Math.abs(idle!)).toBeLessThan(0.3 * first!);
    expect(model.probability(Float64Array.of(2, 0, 0))).toBeGreaterThan(0.9);
    expect(model.probability(Float64Array.of(-2, 0, 0))).toBeLessThan(0.05);
  });

  it("approximates the probability of a row that was left out", () => {
    for (const i of [0, 11, 42]) {
      const kept = rows.flatMap((_, k) => (k === i ? [] : [k]));
      const without = LogisticRegression.fit(
        kept.map((k) => rows[k]!),
        Uint8Array.from(kept, (k) => labels[k]!),
        0.3,
      );
      expect(model.leftOut[i]).toBeCloseTo(without.probability(rows[i]!), 1);
    }
  });

  it("does not become certain by going far: the direction itself is uncertain", () => {
    const few = LogisticRegression.fit(rows.slice(0, 10), labels.slice(0, 10), 0.3);
    const [intercept, slope] = few.coefficients;
    const atMode = 1 / (1 + Math.exp(-(intercept! + slope! * 30)));
    expect(few.probability(Float64Array.of(30, 0, 0))).toBeLessThan(0.97);
    expect(atMode).toBeGreaterThan(0.999);
  });

  it("stays finite and moderate where classes are separable", () => {
    const two = LogisticRegression.fit([Float64Array.of(-1), Float64Array.of(1)], Uint8Array.of(0, 1), 0.5);
    expect(two.probability(Float64Array.of(1))).toBeGreaterThan(0.5);
    expect(two.probability(Float64Array.of(1))).toBeLessThan(0.95);
  });
});

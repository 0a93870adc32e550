import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../errors.js";
import { Cholesky, PANEL } from "./cholesky.js";
import { RandomStream } from "./random.js";

/** B B^T + n I for a random B: symmetric positive definite. */
function randomCovariance(n: number, seed: number): Float64Array {
  const random = RandomStream.fromSeed(seed);
  const b = Float64Array.from({ length: n * n }, () => random.normal());
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? n : 0;
      for (let k = 0; k < n; k++) sum += b[i * n + k]! * b[j * n + k]!;
      a[i * n + j] = sum;
    }
  }
  return a;
}

describe("Cholesky", () => {
  it("factors the textbook example exactly", () => {
    const factor = Cholesky.factor(Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98), 3);
    const lower = [0, 1, 2].map((i) => [0, 1, 2].map((j) => factor?.at(i, j)));
    expect(lower).toEqual([
      [2, 0, 0],
      [6, 1, 0],
      [-8, 5, 3],
    ]);
    expect(factor?.logDeterminant()).toBeCloseTo(Math.log(36), 12);
  });

  it("solves A x = b to rounding", () => {
    const n = 40;
    const a = randomCovariance(n, 1);
    const factor = Cholesky.withJitter(a, n);
    const expected = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x[i] = x[i]! + a[i * n + j]! * expected[j]!;
    factor.solve(x);
    expect(factor.jitter).toBe(0);
    for (let i = 0; i < n; i++) expect(x[i]).toBeCloseTo(expected[i]!, 11);
  });

  it("inverts: A times its inverse is the identity", () => {
    const n = 25;
    const a = randomCovariance(n, 2);
    const inverse = Cholesky.withJitter(a, n).inverseLower();
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a[i * n + k]! * inverse[Math.max(k, j) * n + Math.min(k, j)]!;
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 11);
      }
    }
  });

  it("grows from a leading part bit for bit into the whole, and leaves what it came from alone", () => {
    const n = 24;
    const a = randomCovariance(n, 8);
    const whole = Cholesky.withJitter(a, n);
    const grown = whole.leading(15);
    for (let i = 15; i < n; i++) expect(grown.append(a.subarray(i * n, i * n + i), a[i * n + i]!)).toBe(true);
    expect([whole.size, grown.size]).toEqual([n, n]);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(grown.at(i, j)).toBe(whole.at(i, j));
  });

  it("solves for eight right-hand sides at once as for each alone", () => {
    const n = 33;
    const factor = Cholesky.withJitter(randomCovariance(n, 9), n);
    const panel = Float64Array.from({ length: n * PANEL }, (_, k) => Math.cos(k));
    const apart = Array.from({ length: PANEL }, (_, c) => {
      const b = Float64Array.from({ length: n }, (_row, i) => panel[i * PANEL + c]!);
      factor.solveLower(b);
      return b;
    });
    factor.solveLowerPanel(panel);
    for (let i = 0; i < n; i++) for (let c = 0; c < PANEL; c++) expect(panel[i * PANEL + c]).toBe(apart[c]![i]);
  });

  it("grows row by row into what a factorisation of the whole gives", () => {
    const n = 30;
    const a = randomCovariance(n, 3);
    const whole = Cholesky.withJitter(a, n);
    const grown = Cholesky.withJitter(Float64Array.of(a[0]!), 1);
    for (let i = 1; i < n; i++) expect(grown.append(a.subarray(i * n, i * n + i), a[i * n + i]!)).toBe(true);
    expect(grown.size).toBe(n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(grown.at(i, j)).toBeCloseTo(whole.at(i, j), 11);
  });

  it("refuses to append a row that depends linearly on the others, and stays usable", () => {
    const factor = Cholesky.withJitter(Float64Array.of(2, 0.5, 0.5, 1), 2);
    // The sum of both rows: covariances (2.5, 1.5), variance 2 + 2 * 0.5 + 1.
    expect(factor.append([2.5, 1.5], 4)).toBe(false);
    expect(factor.append([2.5, 1.5], 3.9)).toBe(false);
    expect(factor.size).toBe(2);
    expect(factor.append([2.5, 1.5], 4.1)).toBe(true);
    expect(factor.at(2, 2) ** 2).toBeCloseTo(0.1, 12);
  });

  it("says that an indefinite matrix or one with NaN has no factor", () => {
    expect(Cholesky.factor(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(Cholesky.factor(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toBeUndefined();
  });

  it("adds the smallest jitter that lets a covariance with repeated rows through", () => {
    const factor = Cholesky.withJitter(Float64Array.of(1, 1, 1, 1), 2);
    expect(factor.jitter).toBe(1e-10);
    expect(() => Cholesky.withJitter(Float64Array.of(1, 2, 2, 1), 2)).toThrow(AgentTuneError);
  });
});

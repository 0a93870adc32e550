import { type FunctionDefinition, square, sumOfPairs } from "./landscape.js";
import { apply, scaledRows, transposed } from "./linear-map.js";

/** 100 (a^2 - b)^2 + (a - 1)^2 of two neighbours. */
function block(current: number, next: number): number {
  return 100 * square(square(current) - next) + square(current - 1);
}

/** max(1, sqrt(D) / 8): keeps the valley inside the domain in high dimension. */
function scaleOf(dimension: number): number {
  return Math.max(1, Math.sqrt(dimension) / 8);
}

export const rosenbrock: FunctionDefinition = {
  name: "Rosenbrock, original",
  landscape(instance) {
    const xopt = instance.optimum().map((entry) => 0.75 * entry);
    const scale = scaleOf(instance.dimension);
    return {
      xopt,
      gap: (x) =>
        sumOfPairs(
          x.map((entry, i) => scale * (entry - xopt[i]!) + 1),
          block,
        ),
    };
  },
};

/**
 * z = scale R x + 1/2, and the optimum where z is 1: its distance from the centre is the same in all instances, unlike
 * its direction.
 */
function rotated(gap: (z: Float64Array) => number): FunctionDefinition["landscape"] {
  return (instance) => {
    const scale = scaleOf(instance.dimension);
    const turned = instance.q;
    const map = scaledRows(new Float64Array(instance.dimension).fill(scale), turned);
    const xopt = apply(transposed(turned), new Float64Array(instance.dimension).fill(0.5 / scale));
    return { xopt, gap: (x) => gap(apply(map, x).map((entry) => entry + 0.5)) };
  };
}

export const rotatedRosenbrock: FunctionDefinition = {
  name: "Rosenbrock, rotated",
  landscape: rotated((z) => sumOfPairs(z, block)),
};

export const griewankRosenbrock: FunctionDefinition = {
  name: "Composite Griewank-Rosenbrock F8F2",
  landscape: rotated((z) => {
    const total = sumOfPairs(z, (current, next) => {
      const s = block(current, next);
      return s / 4000 - Math.cos(s);
    });
    return (10 * total) / (z.length - 1) + 10;
  }),
};

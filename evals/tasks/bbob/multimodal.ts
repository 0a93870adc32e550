import { type FunctionDefinition, shifted, square, sum, sumOfPairs } from "./landscape.js";
import { apply, composed, scaledRows } from "./linear-map.js";
import { rastrigin } from "./rastrigin.js";
import { asymmetric, boundaryPenalty, conditioning, oscillated } from "./transformations.js";

/*
 * f15 to f18: many local optima on a global structure (Hansen, Finck, Ros and Auger 2009, section 4; f19 in
 * rosenbrock.ts).
 */

export const rotatedRastrigin: FunctionDefinition = {
  name: "Rastrigin",
  landscape(instance) {
    const xopt = instance.optimum();
    const { r } = instance;
    const map = composed(r, conditioning(10, instance.dimension), instance.q);
    return {
      xopt,
      gap: (x) => rastrigin(apply(map, asymmetric(0.2, apply(r, shifted(x, xopt)).map(oscillated)))),
    };
  },
};

/** Terms of Weierstrass' sum. */
const octaves = Array.from({ length: 12 }, (_, k) => ({ weight: 1 / 2 ** k, frequency: 3 ** k }));

/** Rugged at every scale and periodic. */
export const weierstrass: FunctionDefinition = {
  name: "Weierstrass",
  landscape(instance) {
    const { dimension } = instance;
    const xopt = instance.optimum();
    const { r } = instance;
    const map = composed(r, conditioning(1 / 100, dimension), instance.q);
    const roughness = (entry: number): number => {
      let total = 0;
      for (const { weight, frequency } of octaves) total += weight * Math.cos(2 * Math.PI * frequency * (entry + 0.5));
      return total;
    };
    const lowest = roughness(0);
    return {
      xopt,
      gap: (x) => {
        const z = apply(map, apply(r, shifted(x, xopt)).map(oscillated));
        return 10 * (sum(z, roughness) / dimension - lowest) ** 3 + (10 / dimension) * boundaryPenalty(x);
      },
    };
  },
};

/** Frequency and height of the ripples change with the distance to the optimum. */
function schaffers(name: string, condition: number): FunctionDefinition {
  return {
    name,
    family: 17,
    landscape(instance) {
      const { dimension } = instance;
      const xopt = instance.optimum();
      const { r } = instance;
      const map = scaledRows(conditioning(condition, dimension), instance.q);
      return {
        xopt,
        gap: (x) => {
          const z = apply(map, asymmetric(0.5, apply(r, shifted(x, xopt))));
          const total = sumOfPairs(z, (current, next) => {
            const s = Math.sqrt(square(current) + square(next));
            return Math.sqrt(s) * (1 + square(Math.sin(50 * s ** 0.2)));
          });
          return square(total / (dimension - 1)) + 10 * boundaryPenalty(x);
        },
      };
    },
  };
}

export const schaffersF7 = schaffers("Schaffers F7", 10);
export const illConditionedSchaffersF7 = schaffers("Schaffers F7, moderately ill-conditioned", 1000);

import { type FunctionDefinition, shifted, square, sum } from "./landscape.js";
import { apply, composed, times } from "./linear-map.js";
import { gaussianDraws, uniformDraws } from "./seeded-draws.js";
import { boundaryPenalty, conditioning } from "./transformations.js";

/*
 * f20, f23 and f24: many local optima without much of a global structure (Hansen, Finck, Ros and Auger 2009,
 * section 5; f21 and f22 in gallagher.ts).
 */

/** The most prominent local optima lie in the corners, far from the best. */
export const schwefel: FunctionDefinition = {
  name: "Schwefel",
  landscape(instance) {
    const best = 4.2096874633;
    const signs = uniformDraws(instance.dimension, instance.seed).map((draw) => Math.sign(draw - 0.5));
    const xopt = signs.map((sign) => (sign * best) / 2);
    const scales = conditioning(10, instance.dimension);
    return {
      xopt,
      gap: (x) => {
        const mirrored = times(signs, x).map((entry) => 2 * entry);
        const z = mirrored.map((entry, i) => {
          const coupled = i === 0 ? entry : entry + 0.25 * (mirrored[i - 1]! - best);
          return 100 * (scales[i]! * (coupled - best) + best);
        });
        const depth = sum(z, (entry) => entry * Math.sin(Math.sqrt(Math.abs(entry)))) / (100 * z.length);
        return 4.189828872724339 - depth + 100 * boundaryPenalty(z.map((entry) => entry / 100));
      },
    };
  },
};

/** Highly rugged and highly repetitive: more than 10^D global optima. */
export const katsuura: FunctionDefinition = {
  name: "Katsuura",
  landscape(instance) {
    const { dimension } = instance;
    const xopt = instance.optimum();
    const map = composed(instance.r, conditioning(100, dimension), instance.q);
    const factor = 10 / dimension ** 2;
    return {
      xopt,
      gap: (x) => {
        const z = apply(map, shifted(x, xopt));
        let product = 1;
        for (let i = 0; i < dimension; i++) {
          let roughness = 0;
          for (let power = 2; power <= 2 ** 32; power *= 2) {
            const scaled = power * z[i]!;
            roughness += Math.abs(scaled - Math.round(scaled)) / power;
          }
          product *= 1 + (i + 1) * roughness;
        }
        return factor * product ** (10 / dimension ** 1.2) - factor + boundaryPenalty(x);
      },
    };
  },
};

/** Two funnels: the wider one does not hold the optimum. */
export const lunacekBiRastrigin: FunctionDefinition = {
  name: "Lunacek bi-Rastrigin",
  landscape(instance) {
    const { dimension } = instance;
    const near = 2.5;
    const depth = 1;
    const width = 1 - 1 / (2 * Math.sqrt(dimension + 20) - 8.2);
    const far = -Math.sqrt((square(near) - depth) / width);
    const signs = gaussianDraws(dimension, instance.seed).map(Math.sign);
    const xopt = signs.map((sign) => (sign * near) / 2);
    const map = composed(instance.r, conditioning(100, dimension), instance.q);
    return {
      xopt,
      gap: (x) => {
        const mirrored = times(signs, x).map((entry) => 2 * entry);
        const z = apply(
          map,
          mirrored.map((entry) => entry - near),
        );
        const funnels = Math.min(
          sum(mirrored, (entry) => square(entry - near)),
          depth * dimension + width * sum(mirrored, (entry) => square(entry - far)),
        );
        const ripples = 10 * (dimension - sum(z, (entry) => Math.cos(2 * Math.PI * entry)));
        return funnels + ripples + 1e4 * boundaryPenalty(x);
      },
    };
  },
};

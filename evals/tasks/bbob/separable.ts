import { type FunctionDefinition, shifted, square, sum } from "./landscape.js";
import { times } from "./linear-map.js";
import { rastrigin } from "./rastrigin.js";
import { asymmetric, boundaryPenalty, conditioning, oscillated, rampUp } from "./transformations.js";

/* f1 to f5: each variable can be tuned on its own (Hansen, Finck, Ros and Auger 2009, section 1). */

export const sphere: FunctionDefinition = {
  name: "Sphere",
  landscape(instance) {
    const xopt = instance.optimum();
    return { xopt, gap: (x) => sum(shifted(x, xopt), square) };
  },
};

export const separableEllipsoid: FunctionDefinition = {
  name: "Ellipsoidal, separable",
  landscape(instance) {
    const xopt = instance.optimum();
    const weights = rampUp(instance.dimension).map((share) => 1e6 ** share);
    return { xopt, gap: (x) => sum(shifted(x, xopt), (entry, i) => weights[i]! * square(oscillated(entry))) };
  },
};

export const separableRastrigin: FunctionDefinition = {
  name: "Rastrigin, separable",
  landscape(instance) {
    const xopt = instance.optimum();
    const scales = conditioning(10, instance.dimension);
    return {
      xopt,
      gap: (x) => rastrigin(times(scales, asymmetric(0.2, shifted(x, xopt).map(oscillated)))),
    };
  },
};

/** The first, third, fifth, ... variable is ten times as steep on one side: a structure that misleads. */
export const buecheRastrigin: FunctionDefinition = {
  name: "Büche-Rastrigin",
  family: 3,
  landscape(instance) {
    const xopt = instance.optimum().map((entry, i) => (i % 2 === 0 ? Math.abs(entry) : entry));
    const scales = conditioning(10, instance.dimension);
    return {
      xopt,
      gap: (x) => {
        const z = shifted(x, xopt).map((entry, i) => {
          const turned = oscillated(entry);
          return scales[i]! * (turned > 0 && i % 2 === 0 ? 10 * turned : turned);
        });
        return rastrigin(z) + 100 * boundaryPenalty(x);
      },
    };
  },
};

/** The only function whose optimum is at the border: a corner of the domain, and constant beyond it. */
export const linearSlope: FunctionDefinition = {
  name: "Linear Slope",
  landscape(instance) {
    const xopt = instance.optimum().map((entry) => 5 * Math.sign(entry));
    const slopes = conditioning(100, instance.dimension).map((scale, i) => Math.sign(xopt[i]!) * scale);
    return {
      xopt,
      gap: (x) =>
        sum(x, (entry, i) => 5 * Math.abs(slopes[i]!) - slopes[i]! * (xopt[i]! * entry < 25 ? entry : xopt[i]!)),
    };
  },
};

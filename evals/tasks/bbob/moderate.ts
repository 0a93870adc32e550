import { type FunctionDefinition, shifted, square, sum } from "./landscape.js";
import { apply, composed, scaledRows } from "./linear-map.js";
import { boundaryPenalty, conditioning, oscillated, rampUp } from "./transformations.js";

/* f6 and f7: low or moderate conditioning (Hansen, Finck, Ros and Auger 2009, section 2; f8 and f9 in rosenbrock.ts). */

/** Only one orthant around the optimum has low values. */
export const attractiveSector: FunctionDefinition = {
  name: "Attractive Sector",
  landscape(instance) {
    const xopt = instance.optimum();
    const map = composed(instance.r, conditioning(10, instance.dimension), instance.q);
    return {
      xopt,
      gap: (x) => {
        const z = apply(map, shifted(x, xopt));
        return oscillated(sum(z, (entry, i) => square(entry * xopt[i]! > 0 ? 100 * entry : entry))) ** 0.9;
      },
    };
  },
};

/** Plateaus of different sizes: the gradient is zero nearly everywhere. */
export const stepEllipsoid: FunctionDefinition = {
  name: "Step Ellipsoidal",
  landscape(instance) {
    const { dimension } = instance;
    const xopt = instance.optimum();
    const map = scaledRows(conditioning(10, dimension), instance.q);
    const { r } = instance;
    const weights = rampUp(dimension).map((share) => 100 ** share);
    return {
      xopt,
      gap: (x) => {
        const z = apply(map, shifted(x, xopt));
        const steps = z.map((entry) =>
          Math.abs(entry) > 0.5 ? Math.floor(0.5 + entry) : Math.floor(0.5 + 10 * entry) / 10,
        );
        const quadratic = sum(apply(r, steps), (entry, i) => weights[i]! * square(entry));
        return 0.1 * Math.max(Math.abs(z[0]!) / 1e4, quadratic) + boundaryPenalty(x);
      },
    };
  },
};

import { type FunctionDefinition, shifted, square, sum } from "./landscape.js";
import { apply, composed } from "./linear-map.js";
import { asymmetric, conditioning, oscillated, rampUp } from "./transformations.js";

/* f10 to f14: one valley, badly scaled, in turned coordinates (Hansen, Finck, Ros and Auger 2009, section 3). */

export const ellipsoid: FunctionDefinition = {
  name: "Ellipsoidal",
  landscape(instance) {
    const xopt = instance.optimum();
    const { r } = instance;
    const weights = rampUp(instance.dimension).map((share) => 1e6 ** share);
    return {
      xopt,
      gap: (x) => sum(apply(r, shifted(x, xopt)), (entry, i) => weights[i]! * square(oscillated(entry))),
    };
  },
};

/** One direction is a thousand times as sensitive as all others. */
export const discus: FunctionDefinition = {
  name: "Discus",
  landscape(instance) {
    const xopt = instance.optimum();
    const { r } = instance;
    return {
      xopt,
      gap: (x) => sum(apply(r, shifted(x, xopt)), (entry, i) => (i === 0 ? 1e6 : 1) * square(oscillated(entry))),
    };
  },
};

/** All directions but one are a thousand times as sensitive: a narrow ridge to follow. */
export const bentCigar: FunctionDefinition = {
  name: "Bent Cigar",
  landscape(instance) {
    const xopt = instance.optimum(1e6);
    const { r } = instance;
    return {
      xopt,
      gap: (x) => {
        const z = apply(r, asymmetric(0.5, apply(r, shifted(x, xopt))));
        return sum(z, (entry, i) => (i === 0 ? 1 : 1e6) * square(entry));
      },
    };
  },
};

/** A ridge that stays sharp all the way to the optimum. */
export const sharpRidge: FunctionDefinition = {
  name: "Sharp Ridge",
  landscape(instance) {
    const xopt = instance.optimum();
    const map = composed(instance.r, conditioning(10, instance.dimension), instance.q);
    return {
      xopt,
      gap: (x) => {
        const z = apply(map, shifted(x, xopt));
        return square(z[0]!) + 100 * Math.sqrt(sum(z, (entry, i) => (i === 0 ? 0 : square(entry))));
      },
    };
  },
};

/** The closer to the optimum, the more unequal the sensitivities. */
export const differentPowers: FunctionDefinition = {
  name: "Different Powers",
  landscape(instance) {
    const xopt = instance.optimum();
    const { r } = instance;
    const exponents = rampUp(instance.dimension).map((share) => 2 + 4 * share);
    return {
      xopt,
      gap: (x) => Math.sqrt(sum(apply(r, shifted(x, xopt)), (entry, i) => Math.abs(entry) ** exponents[i]!)),
    };
  },
};

import { gallagher21, gallagher101 } from "./gallagher.js";
import { bentCigar, differentPowers, discus, ellipsoid, sharpRidge } from "./ill-conditioned.js";
import { type FunctionDefinition, Instance } from "./landscape.js";
import { attractiveSector, stepEllipsoid } from "./moderate.js";
import { illConditionedSchaffersF7, rotatedRastrigin, schaffersF7, weierstrass } from "./multimodal.js";
import { griewankRosenbrock, rosenbrock, rotatedRosenbrock } from "./rosenbrock.js";
import { gaussianDraws } from "./seeded-draws.js";
import { buecheRastrigin, linearSlope, separableEllipsoid, separableRastrigin, sphere } from "./separable.js";
import { katsuura, lunacekBiRastrigin, schwefel } from "./weakly-structured.js";

/** f1 to f24 in order. */
const definitions: readonly FunctionDefinition[] = [
  sphere,
  separableEllipsoid,
  separableRastrigin,
  buecheRastrigin,
  linearSlope,
  attractiveSector,
  stepEllipsoid,
  rosenbrock,
  rotatedRosenbrock,
  ellipsoid,
  discus,
  bentCigar,
  sharpRidge,
  differentPowers,
  rotatedRastrigin,
  weierstrass,
  schaffersF7,
  illConditionedSchaffersF7,
  griewankRosenbrock,
  schwefel,
  gallagher101,
  gallagher21,
  katsuura,
  lunacekBiRastrigin,
];

/** Numbers of the functions. */
export const bbobIds: readonly number[] = definitions.map((_, k) => k + 1);

/** One instance of one of the functions in one dimension; domain [-5, 5]^D, minimised. */
export interface BbobFunction {
  /** As the suite calls it. */
  readonly name: string;
  readonly dimension: number;
  /** Where the value is smallest; on f7 and f23 elsewhere, too. */
  readonly xopt: readonly number[];
  /** The value there: a number to two decimals in [-1000, 1000] that carries no meaning. */
  readonly fopt: number;
  /** @param x D numbers; outside the domain the functions are defined as well, some with a penalty */
  evaluate(x: readonly number[]): number;
  /** f(x) - fopt without the cancellation of a difference, at least 0. */
  gap(x: readonly number[]): number;
}

/**
 * A function of the noiseless suite for Black-Box Optimization Benchmarking (Hansen, Finck, Ros and Auger 2009,
 * "Real-parameter black-box optimization benchmarking 2009: noiseless functions definitions", RR-6829), with the
 * published instances. Everything that depends on the instance only is computed here, once.
 *
 * @param id 1 to 24
 * @param dimension D, 2 to 40 as in the suite
 * @param instance 1 to 100000; the suite's experiments use fifteen of the first hundred or so
 * @throws RangeError for other numbers
 */
export function bbobFunction(id: number, dimension: number, instance: number): BbobFunction {
  const problem = bbobProblem(id, dimension, instance);
  const definition = definitions[id - 1];
  if (definition === undefined || problem !== undefined) throw new RangeError(problem);
  const seed = (definition.family ?? id) + 10_000 * instance;
  const landscape = definition.landscape(new Instance(dimension, seed));
  const fopt = optimalValue(seed);
  const gap = (x: readonly number[]): number => {
    if (x.length !== dimension) throw new RangeError(`f${id} has ${dimension} dimensions, not ${x.length}.`);
    return Math.max(0, landscape.gap(Float64Array.from(x)));
  };
  return {
    name: definition.name,
    dimension,
    xopt: [...landscape.xopt],
    fopt,
    evaluate: (x) => gap(x) + fopt,
    gap,
  };
}

/** Why there is no such function; undefined where there is. */
export function bbobProblem(id: number, dimension: number, instance: number): string | undefined {
  const within = (value: number, low: number, high: number) => Number.isInteger(value) && low <= value && value <= high;
  if (!within(id, 1, definitions.length)) return `There is no BBOB function f${id}: f1 to f${definitions.length}.`;
  if (!within(dimension, 2, 40)) return `BBOB functions have 2 to 40 dimensions, not ${dimension}.`;
  if (!within(instance, 1, 100_000)) return `BBOB instances are 1 to 100000, not ${instance}.`;
  return undefined;
}

/** Cauchy distributed around 0, to two decimals, at most 1000 away from it. */
function optimalValue(seed: number): number {
  const ratio = gaussianDraws(1, seed)[0]! / gaussianDraws(1, seed + 1)[0]!;
  return Math.min(1000, Math.max(-1000, Math.round(1e4 * ratio) / 100));
}

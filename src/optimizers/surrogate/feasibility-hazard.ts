import { fitLaplace, type LaplaceFit } from "./logistic-regression.js";

/** A share of the way below which two failures are the same: at the start. */
const EARLIEST = 0.02;
/** Failures must lie this far apart in progress, as a ratio, before their order says anything. */
const DIFFERENT = 1.5;
const FEWEST_FAILURES = 2;

/**
 * Learns a limit from how far the failed trials came. While a trial runs it fails at a rate that depends on the
 * configuration, log linear in the features (exponential survival; Cox and Oakes 1984, chapter 6): one that ends at
 * 2 % of its way had fifty times the rate of one that came to its end, so that the order of the failures shows the
 * direction of the border before there are many of them. The answer is the probability of not reaching the end.
 *
 * @param rows standardised features, n x d
 * @param labels 1 where the trial failed
 * @param progress share of its way that each trial came, in [0, 1]
 * @param baseRate prior probability of a failure, in (0, 1)
 * @returns undefined where the failures came equally far
 */
export function fitHazard(
  rows: readonly Float64Array[],
  labels: Uint8Array,
  progress: Float64Array,
  baseRate: number,
): LaplaceFit | undefined {
  const exposure = progress.map((share, i) => (labels[i] === 1 ? Math.min(1, Math.max(EARLIEST, share)) : 1));
  const reached = exposure.filter((_, i) => labels[i] === 1).sort();
  if (reached.length < FEWEST_FAILURES || reached[reached.length - 1]! < DIFFERENT * reached[0]!) return undefined;
  return fitLaplace(rows, labels, {
    offset: Math.log(-Math.log1p(-baseRate)),
    value: (eta, row) => exposure[row]! * rate(eta) - labels[row]! * eta,
    slope: (eta, row) => exposure[row]! * rate(eta) - labels[row]!,
    curvature: (eta, row) => exposure[row]! * rate(eta),
    probability: endsEarly,
  });
}

/** Far beyond what any exposure can tell apart, and far from the limits of floating point. */
const HIGHEST_ETA = 30;

function rate(eta: number): number {
  return Math.exp(Math.min(eta, HIGHEST_ETA));
}

/** Nodes and weights of Gauss-Hermite quadrature for a standard normal variable. */
const NODES = [0, 1.355626179974266, 2.856970013872806] as const;
const WEIGHTS = [0.5333333333333333, 0.2220759220056126, 0.0112574113277207] as const;

/** Mean of 1 - exp(-exp(eta)) for normal eta, by quadrature; inside (0, 1). */
function endsEarly(mean: number, variance: number): number {
  const deviation = Math.sqrt(variance);
  let sum = 0;
  for (let k = 0; k < NODES.length; k++) {
    const step = deviation * NODES[k]!;
    sum += WEIGHTS[k]! * -Math.expm1(-rate(mean + step));
    if (k > 0) sum += WEIGHTS[k]! * -Math.expm1(-rate(mean - step));
  }
  return Math.min(1 - 1e-9, Math.max(1e-9, sum));
}

/** A value to be minimised and its gradient. */
export interface Slope {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly evaluations: number;
}

const MEMORY = 8;
/** Fraction of the linear prediction that a step must achieve (Armijo). */
const SUFFICIENT_DECREASE = 1e-4;

/**
 * Minimises a smooth function with limited-memory BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5) and a
 * backtracking line search. Stops when a step gains less than `tolerance` or the evaluations are used up, which
 * makes its cost, unlike a clock, the same in every run. A value that is not finite counts as a step too far.
 */
export function minimise(
  objective: (at: Float64Array) => Slope,
  start: Float64Array,
  options: { readonly maxEvaluations: number; readonly tolerance: number; readonly maxStep: number },
): Minimum {
  const n = start.length;
  let at = Float64Array.from(start);
  let current = objective(at);
  let evaluations = 1;
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  while (evaluations < options.maxEvaluations) {
    let direction = descentDirection(current.gradient, steps, changes);
    let slope = dot(direction, current.gradient);
    if (!(slope < 0)) {
      steps.length = 0;
      changes.length = 0;
      direction = current.gradient.map((g) => -g);
      slope = dot(direction, current.gradient);
      if (!(slope < 0)) break;
    }
    let largest = 0;
    for (const d of direction) largest = Math.max(largest, Math.abs(d));
    let length = Math.min(1, options.maxStep / largest);
    let next: Slope | undefined;
    let point = at;
    while (evaluations < options.maxEvaluations) {
      point = new Float64Array(n);
      for (let i = 0; i < n; i++) point[i] = at[i]! + length * direction[i]!;
      const tried = objective(point);
      evaluations++;
      if (Number.isFinite(tried.value) && tried.value <= current.value + SUFFICIENT_DECREASE * length * slope) {
        next = tried;
        break;
      }
      length *= 0.4;
      if (length * largest < 1e-8) break;
    }
    if (next === undefined) break;
    const step = new Float64Array(n);
    const change = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      step[i] = point[i]! - at[i]!;
      change[i] = next.gradient[i]! - current.gradient[i]!;
    }
    // Positive curvature keeps the approximation positive definite.
    if (dot(step, change) > 1e-10 * dot(change, change)) {
      steps.push(step);
      changes.push(change);
      if (steps.length > MEMORY) {
        steps.shift();
        changes.shift();
      }
    }
    const gain = current.value - next.value;
    at = point;
    current = next;
    if (gain < options.tolerance) break;
  }
  return { at, value: current.value, evaluations };
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descentDirection(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
): Float64Array {
  const q = Float64Array.from(gradient, (g) => -g);
  const shares: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const share = dot(steps[k]!, q) / dot(steps[k]!, changes[k]!);
    shares[k] = share;
    addScaled(q, changes[k]!, -share);
  }
  const step = steps.at(-1);
  const change = changes.at(-1);
  if (step !== undefined && change !== undefined) {
    const scale = dot(step, change) / dot(change, change);
    for (let i = 0; i < q.length; i++) q[i] = q[i]! * scale;
  }
  for (let k = 0; k < steps.length; k++) {
    const back = dot(changes[k]!, q) / dot(steps[k]!, changes[k]!);
    addScaled(q, steps[k]!, shares[k]! - back);
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + scale * source[i]!;
}

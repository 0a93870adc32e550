import { RandomStream } from "../src/math/random.js";
import { type Configuration, type Parameter, SearchSpace } from "../src/space/index.js";

/** A test function in the unit box with its optimum, of value 0, at a place that the seed decides. */
export interface Landscape {
  readonly space: SearchSpace;
  /** To be minimised. */
  readonly objective: (configuration: Configuration) => number;
}

export type LandscapeName = "sphere" | "ellipsoid" | "rotated ellipsoid" | "rosenbrock" | "rastrigin" | "mixed";

/** How far apart the axes of the ellipsoids are: condition of the Hessian. */
export const defaultCondition = 100;

/**
 * Numeric parameters in [0, 1], default 0.5, optimum uniform in [0.2, 0.8] in each, one unit of the function a tenth
 * of the range. Rosenbrock's valley has its usual optimum and stretches over [-2, 2]; Rastrigin's minima lie a quarter
 * of the range apart. `mixed` is an ellipsoid in which one parameter in four is an integer of 11 values, and one in
 * four a choice among three of which two cost 10 or 20.
 */
export function landscape(name: LandscapeName, n: number, seed: number, condition = defaultCondition): Landscape {
  const random = RandomStream.fromSeed(7000 + seed);
  const optimum = Array.from({ length: n }, () => 0.2 + 0.6 * random.uniform());
  const axes = name === "rotated ellipsoid" ? rotation(n, random) : undefined;
  const space = SearchSpace.from({
    parameters: Array.from({ length: n }, (_, j) => parameter(name, j)),
    constraints: [],
    derived: [],
  });
  const away = (x: readonly number[]) => x.map((value, j) => 10 * (value - (optimum[j] ?? 0)));
  const ellipsoid = (d: readonly number[]) =>
    d.reduce((sum, value, j) => sum + condition ** (n > 1 ? j / (n - 1) : 0) * value * value, 0);
  const values: Record<LandscapeName, (x: readonly number[]) => number> = {
    sphere: (x) => away(x).reduce((sum, d) => sum + d * d, 0),
    ellipsoid: (x) => ellipsoid(away(x)),
    "rotated ellipsoid": (x) => {
      const d = away(x);
      return ellipsoid((axes ?? []).map((axis) => axis.reduce((sum, a, j) => sum + a * (d[j] ?? 0), 0)));
    },
    rosenbrock: (x) => {
      const v = x.map((value) => 4 * (value - 0.5));
      return v.slice(1).reduce((sum, next, j) => {
        const here = v[j] ?? 0;
        return sum + 100 * (next - here * here) ** 2 + (1 - here) ** 2;
      }, 0);
    },
    rastrigin: (x) => away(x).reduce((sum, d) => sum + (0.4 * d) ** 2 + 1 - Math.cos(0.8 * Math.PI * d), 0),
    mixed: (x) => ellipsoid(away(x)),
  };
  const choices = Array.from({ length: n }, () => random.integer(3));
  return {
    space,
    objective: (configuration) => {
      let wrongChoices = 0;
      const x = space.parameters.map(({ name: key, kind }, j) => {
        const value = configuration[key];
        if (kind === "categorical") {
          wrongChoices += 10 * ((["a", "b", "c"].indexOf(String(value)) + (choices[j] ?? 0)) % 3);
          return optimum[j] ?? 0;
        }
        return kind === "int" ? Number(value) / 10 : Number(value);
      });
      return values[name](x) + wrongChoices;
    },
  };
}

function parameter(landscapeName: LandscapeName, j: number): Parameter {
  const name = `p${j}`;
  if (landscapeName === "mixed" && j % 4 === 2) {
    return { name, kind: "int", low: 0, high: 10, scale: "linear", default: 5 };
  }
  if (landscapeName === "mixed" && j % 4 === 3) {
    return { name, kind: "categorical", choices: ["a", "b", "c"], default: "a" };
  }
  return { name, kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 };
}

/** n orthonormal rows in a uniformly random orientation (Gram and Schmidt). */
function rotation(n: number, random: RandomStream): readonly (readonly number[])[] {
  const rows: number[][] = [];
  while (rows.length < n) {
    let row = Array.from({ length: n }, () => random.normal());
    for (const other of rows) {
      const along = row.reduce((sum, value, j) => sum + value * (other[j] ?? 0), 0);
      row = row.map((value, j) => value - along * (other[j] ?? 0));
    }
    const length = Math.hypot(...row);
    if (length > 1e-6) rows.push(row.map((value) => value / length));
  }
  return rows;
}

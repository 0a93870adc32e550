import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { Standardisation } from "./feasibility-standardisation.js";

/** A range of this ratio or more counts by its logarithm in what resources depend on. */
const SIZE_RATIO = 3;

/**
 * What the use of resources depends on: the features, and the logarithms of numeric parameters that the encoding
 * leaves linear, because sizes multiply.
 */
export class Sizes {
  private readonly names: readonly string[];
  private readonly scaling: Standardisation;
  private joined: readonly Float64Array[] | undefined;

  constructor(
    private readonly space: SearchSpace,
    configurations: readonly Configuration[],
    private readonly features: Standardisation,
  ) {
    this.names = space.parameters.flatMap((parameter) =>
      (parameter.kind === "int" || parameter.kind === "float") &&
      parameter.scale === "linear" &&
      parameter.low > 0 &&
      parameter.high >= SIZE_RATIO * parameter.low
        ? [parameter.name]
        : [],
    );
    this.scaling = Standardisation.of(configurations.map((configuration) => this.logarithms(configuration)));
  }

  get rows(): readonly Float64Array[] {
    this.joined ??= this.features.rows.map((row, i) => joined(row, this.scaling.rows[i]!));
    return this.joined;
  }

  /** @param row standardised features of the configuration */
  vector(configuration: Configuration, row: Float64Array): Float64Array {
    return joined(row, this.scaling.apply(this.logarithms(configuration)));
  }

  private logarithms(configuration: Configuration): Float64Array {
    return Float64Array.from(this.names, (name) =>
      Math.log(Number(configuration[name] ?? this.space.parameter(name).default)),
    );
  }
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

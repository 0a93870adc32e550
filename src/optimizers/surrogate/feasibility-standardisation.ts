/** Features brought to mean 0 and standard deviation 1 over the trials; those that do not vary become 0. */
export class Standardisation {
  private constructor(
    private readonly centre: Float64Array,
    private readonly scale: Float64Array,
    readonly rows: readonly Float64Array[],
  ) {}

  static of(vectors: readonly Float64Array[]): Standardisation {
    const dimension = vectors[0]?.length ?? 0;
    const centre = new Float64Array(dimension);
    const scale = new Float64Array(dimension);
    for (let f = 0; f < dimension; f++) {
      let mean = 0;
      for (const vector of vectors) mean += vector[f]! / vectors.length;
      let variance = 0;
      for (const vector of vectors) variance += (vector[f]! - mean) ** 2 / vectors.length;
      centre[f] = mean;
      // Below this the trials agree, and a ratio to their spread would blow up the first that differs.
      scale[f] = variance > 1e-6 ? 1 / Math.sqrt(variance) : 0;
    }
    const rows: Float64Array[] = [];
    const scaling = new Standardisation(centre, scale, rows);
    for (const vector of vectors) rows.push(scaling.apply(vector));
    return scaling;
  }

  get dimension(): number {
    return this.centre.length;
  }

  apply(vector: Float64Array): Float64Array {
    return this.centre.map((centre, f) => (vector[f]! - centre) * this.scale[f]!);
  }
}

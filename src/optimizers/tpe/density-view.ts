import type { SearchSpace } from "../../space/search-space.js";
import type { CategoricalView, NumericView, OptimizerView } from "../optimizer.js";
import { type Axis, evenEdges } from "./axis.js";
import type { DensityRatio } from "./density-ratio.js";

/** Into how many parts a range is cut to take the mean and the deviation, unless it has fewer values. */
const parts = 100;

/** The density of the good results as a person sees it: each parameter for itself, in native units. */
export function densityView(
  space: SearchSpace,
  axes: readonly Axis[],
  densities: readonly DensityRatio[],
): Pick<OptimizerView, "numeric" | "categorical"> {
  const numeric: NumericView[] = [];
  const categorical: CategoricalView[] = [];
  axes.forEach((axis, a) => {
    const good = densities.find(({ over }) => over.includes(a))?.good;
    if (!good) return;
    if (axis.kind === "choice") {
      const probabilities = good.marginal(a, evenEdges(axis.count));
      const choices = space.categoricalAxes[axis.index]?.choices ?? [];
      categorical.push({
        name: axis.name,
        probabilities: choices.map((choice, k) => ({ choice, probability: probabilities[k] ?? 0 })),
      });
      return;
    }
    const byValue = axis.kind === "grid" && axis.grid.length <= parts;
    const edges = byValue ? axis.edges : evenEdges(parts);
    const positions = byValue ? axis.grid : edges.subarray(1).map((edge) => edge - 0.5 / parts);
    const probabilities = good.marginal(a, edges);
    let mean = 0;
    let squares = 0;
    probabilities.forEach((probability, k) => {
      const position = positions[k] ?? 0;
      mean += probability * position;
      squares += probability * position * position;
    });
    const deviation = Math.sqrt(Math.max(0, squares - mean * mean));
    const native = (x: number) => space.decodeNumeric(axis.name, x);
    numeric.push({
      name: axis.name,
      mean: native(mean),
      low: native(mean - deviation),
      high: native(mean + deviation),
      deviation,
    });
  });
  return { ...(numeric.length > 0 && { numeric }), ...(categorical.length > 0 && { categorical }) };
}

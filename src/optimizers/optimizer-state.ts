import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { deriveSeed } from "../math/random.js";
import type { Parameter } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import type { OptimizerState } from "./optimizer.js";

/**
 * Fingerprint of everything about a space that an optimizer's coordinates depend on: names, ranges, scales, grids
 * and choices. A state belongs to one space and is refused for another. Descriptions, defaults, conditions and
 * constraints may change.
 */
export function spaceFingerprint(space: SearchSpace): number {
  return deriveSeed(0, JSON.stringify(space.parameters.map(coordinateOf)));
}

/** Whether a coordinate of one parameter means the same for the other: range, scale, grid and choices are the same. */
export function haveSameCoordinate(a: Parameter, b: Parameter): boolean {
  return JSON.stringify(coordinateOf(a)) === JSON.stringify(coordinateOf(b));
}

function coordinateOf(parameter: Parameter): readonly unknown[] {
  const { kind, name } = parameter;
  switch (kind) {
    case "float":
      return [kind, name, parameter.low, parameter.high, parameter.scale, parameter.step];
    case "int":
      return [kind, name, parameter.low, parameter.high, parameter.scale, parameter.step, parameter.powersOf];
    case "categorical":
      return [kind, name, ...parameter.choices];
    case "boolean":
      return [kind, name];
  }
}

/**
 * Reads the data of a saved state, which must hold the fingerprint of the space as `space`.
 *
 * @throws AgentTuneError `state_invalid` where kind, version, shape or space do not fit
 */
export function readState<Data extends { readonly space: number }>(
  schema: z.ZodType<Data>,
  expected: { readonly kind: string; readonly version: number },
  space: SearchSpace,
  state: OptimizerState,
): Data {
  if (state.kind !== expected.kind || state.version !== expected.version) {
    throw invalid(
      `A saved optimizer state is of kind ${state.kind}, version ${state.version}; ${expected.kind}, version ${expected.version} was expected.`,
    );
  }
  const parsed = schema.safeParse(state.data);
  if (!parsed.success) throw invalid(`A saved state of ${expected.kind} is damaged: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.space !== spaceFingerprint(space)) {
    throw invalid(`A saved state of ${expected.kind} belongs to another search space.`);
  }
  return parsed.data;
}

function invalid(message: string): AgentTuneError {
  return new AgentTuneError("state_invalid", {
    message,
    remedy: "Resume with the search space and the optimizer that the study was started with, or start a new study.",
  });
}

/** How an evaluation is kept in a saved state. */
export const evaluationSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("value"), value: z.number() }),
  z.object({ kind: z.literal("failure"), severity: z.number(), failure: z.string().exactOptional() }),
]);

/** How a configuration is kept in a saved state. */
export const configurationSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

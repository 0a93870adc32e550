import { z } from "zod";
import {
  type Replay,
  replayCategorical,
  replayMargin,
  replayMixed,
  replayPlain,
  replayStrategy,
  replayWarmStart,
} from "./conformance.js";

/** Largest relative deviation at which an implementation counts as the same. */
export const conformanceTolerance = 1e-9;

/** What became of one trace of a file. */
export type TraceReport = { readonly trace: string } & (
  | { readonly outcome: "replayed"; readonly variant: string; readonly replay: Replay; readonly deviation: number }
  /** No variant that is implemented has such a name. */
  | { readonly outcome: "not known" }
  | { readonly outcome: "malformed"; readonly variant: string; readonly problem: string }
);

interface Variant {
  readonly name: string;
  /** Start of the keys of its traces. */
  readonly key: RegExp;
  /** A field that only this variant's traces have, for keys that name no variant. */
  readonly field?: string;
  readonly replay: (trace: unknown) => Replay;
}

/** In the order in which keys are tried. */
const variants: readonly Variant[] = [
  { name: "LRA-CMA-ES", key: /^(cma[_-]?lra|lra[_-]?cma)/i, replay: (trace) => replayPlain(trace, true) },
  { name: "CatCMA with margin", key: /^catcmawm/i, field: "v_raw", replay: replayMixed },
  { name: "CatCMA", key: /^catcma(?![a-z])/i, field: "cat", replay: replayCategorical },
  { name: "CMA-ES with margin", key: /^cmawm/i, field: "x_tell", replay: replayMargin },
  { name: "CMA-ES", key: /^cma([_-]?es)?(?![a-z])/i, replay: (trace) => replayPlain(trace) },
  { name: "WS-CMA-ES", key: /^(warm[_-]?start|ws[_-]?cma)/i, replay: replayWarmStart },
  { name: "parameters of pycma", key: /^pycma[_-]?params/i, replay: (trace) => replayStrategy(trace, "pycma") },
  { name: "parameters of cmaes", key: /^cmaes[_-]?params/i, replay: (trace) => replayStrategy(trace, "tutorial") },
];

const traceFile = z.record(z.string(), z.unknown());
const withGenerations = z.object({ generations: z.array(z.record(z.string(), z.unknown())).min(1) });

/**
 * Replays every trace of a file. A key names the variant with its start, and whatever follows: `CMA_elli_2`,
 * `CMA_sphere_7_second`; where it does not, a field that only one variant has decides. The value is a trace, or a list
 * of them. Keys that start with an underscore are remarks.
 *
 * @throws ZodError where it is not an object of traces
 */
export function reportOnTraces(file: unknown): readonly TraceReport[] {
  return Object.entries(traceFile.parse(file)).flatMap(([key, value]) => {
    if (key.startsWith("_")) return [];
    if (!Array.isArray(value)) return [reportOn(key, key, value)];
    return value.map((trace: unknown, k) => reportOn(`${key}[${k}]`, key, trace));
  });
}

function reportOn(trace: string, key: string, value: unknown): TraceReport {
  const variant = variants.find((each) => each.key.test(key)) ?? variantOf(value);
  if (!variant) return { trace, outcome: "not known" };
  try {
    const replay = variant.replay(value);
    const deviation = Math.max(0, ...Object.values(replay.deviations));
    return { trace, outcome: "replayed", variant: variant.name, replay, deviation };
  } catch (error) {
    return { trace, outcome: "malformed", variant: variant.name, problem: problemOf(error) };
  }
}

function variantOf(value: unknown): Variant | undefined {
  const [generation = {}] = withGenerations.safeParse(value).data?.generations ?? [];
  return variants.find(({ field }) => field !== undefined && field in generation);
}

/** The first thing that is wrong, in one line. */
function problemOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : "";
    return `${first?.path.join(".") || "the trace"}: ${first?.message ?? "not usable"}${more}`;
  }
  return error instanceof Error ? error.message : String(error);
}

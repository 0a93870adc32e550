import type { Configuration, Parameter, ParameterValue } from "../../space/index.js";
import { type SearchSpace, sameConfiguration } from "../../space/index.js";
import type { Observation } from "../../trials/index.js";

/** What a short run of the training command showed; it may have been cut off. */
export interface BriefRun {
  /** One sentence where it failed. */
  readonly failed?: string;
  /** Readings in order. */
  readonly observations: readonly Pick<Observation, "metric" | "step" | "value">[];
  readonly peakMemoryBytes?: number;
  readonly seconds?: number;
  readonly log: readonly string[];
}

/** What `verifyEffect` needs. Every run it asks for has the same seed and the same limits. */
export interface EffectTrial {
  /** Search space of the edited version. */
  readonly space: SearchSpace;
  /** Parameters that it declares. */
  readonly declared: readonly string[];
  /** Runs the edited version. */
  run(configuration: Configuration): Promise<BriefRun>;
  /** Runs the parent's code with the parent's defaults. */
  runParent?(): Promise<BriefRun>;
}

/** Whether a parameter does anything. */
export interface ParameterEffect {
  readonly name: string;
  /** `unknown`: runs with the same values differ as much, or the parameter could not be varied. */
  readonly effect: "seen" | "none" | "unknown";
  /** One sentence: which values were compared, and what differed. */
  readonly explanation: string;
}

export interface EffectReport {
  /** One sentence where the edited code fails with its defaults; then nothing else is known. */
  readonly failed?: string;
  readonly parameters: readonly ParameterEffect[];
  /** Whether the defaults give the same metrics as the parent's code did; unknown where runs differ by themselves. */
  readonly reproduces: boolean | "unknown";
  /** Runs that it took. */
  readonly runs: number;
}

/** Differences below are noise of the machine. */
const memoryFactor = 1.2;
const timeFactor = 1.5;
const leastSeconds = 1;
/** Two numbers in a log are the same value where they agree to that: logs round. */
const logRounding = 5e-3;

/**
 * Whether declared parameters have an effect on the running command: each is run at its default and at another value
 * with the same seed, and metrics, memory, time, outcome and log are compared. Only what is the same in two runs with the
 * same values counts; a second such run is made only where something differed. A line that shows nothing but the value
 * itself is no effect.
 */
export async function verifyEffect(trial: EffectTrial): Promise<EffectReport> {
  const { space } = trial;
  let runs = 0;
  const once = (make: () => Promise<BriefRun>) => {
    runs++;
    return make();
  };
  const first = new Map<string, Promise<BriefRun>>();
  const second = new Map<string, Promise<BriefRun>>();
  const remembered = (runsOf: Map<string, Promise<BriefRun>>, configuration: Configuration) => {
    const key = space.key(configuration);
    const known = runsOf.get(key) ?? once(() => trial.run(configuration));
    runsOf.set(key, known);
    return known;
  };

  const defaults = space.defaults();
  const base = await remembered(first, defaults);
  if (base.failed !== undefined) {
    const explanation = "the edited code fails with its defaults";
    const parameters = trial.declared.map((name) => ({ name, effect: "unknown" as const, explanation }));
    return { failed: base.failed, parameters, reproduces: "unknown", runs };
  }

  const parameters: ParameterEffect[] = [];
  for (const name of trial.declared) {
    const variation = variationOf(space, name);
    if (variation === undefined) {
      parameters.push({ name, effect: "unknown", explanation: `${name} could not be varied on its own` });
      continue;
    }
    const { from, to } = variation;
    const values = [from[name], to[name]].flatMap((value) => (value === undefined ? [] : [value]));
    const said = `${name} = ${values.join(" and ")}`;
    const start = await remembered(first, from);
    const other = await once(() => trial.run(to));
    const found = differences(start, other, values);
    if (found.size === 0) {
      const explanation = `with ${said} and the same seed everything that the run showed was the same`;
      parameters.push({ name, effect: "none", explanation });
      continue;
    }
    const byChance = differences(start, await remembered(second, from), values);
    const real = [...found].filter(([what]) => !byChance.has(what));
    const [sample] = real;
    parameters.push(
      sample === undefined
        ? { name, effect: "unknown", explanation: `with ${said} runs differ, but so do two runs with the same values` }
        : { name, effect: "seen", explanation: `with ${said} and the same seed ${sample[1]}` },
    );
  }
  return { parameters, reproduces: await reproduces(), runs };

  async function reproduces(): Promise<boolean | "unknown"> {
    if (!trial.runParent) return "unknown";
    const parent = await once(() => trial.runParent?.() ?? Promise.reject(new Error("there is no parent to run")));
    const common = commonMetrics(base, parent);
    if (parent.failed !== undefined || common.length === 0) return "unknown";
    const different = common.filter((metric) => metricDiffers(base, parent, metric));
    if (different.length === 0) return true;
    const repeated = await remembered(second, defaults);
    const stable = common.filter((metric) => !metricDiffers(base, repeated, metric));
    if (stable.length === 0) return "unknown";
    return !stable.some((metric) => different.includes(metric));
  }
}

/** What differs between two runs, by a key that is the same for the same kind of difference, each in words. */
function differences(a: BriefRun, b: BriefRun, values: readonly ParameterValue[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if ((a.failed === undefined) !== (b.failed === undefined)) {
    found.set("outcome", `one run failed (${a.failed ?? b.failed}) and the other did not`);
  }
  for (const metric of commonMetrics(a, b)) {
    if (metricDiffers(a, b, metric)) found.set(`metric ${metric}`, `${metric} differed`);
  }
  for (const metric of metricsOf(a)) {
    if (b.failed === undefined && b.observations.length > 0 && !metricsOf(b).has(metric)) {
      found.set(`metric ${metric}`, `${metric} was reported only once`);
    }
  }
  if (ratio(a.peakMemoryBytes, b.peakMemoryBytes) >= memoryFactor) found.set("memory", "peak memory differed");
  const seconds = [a.seconds ?? 0, b.seconds ?? 0] as const;
  if (ratio(a.seconds, b.seconds) >= timeFactor && Math.abs(seconds[0] - seconds[1]) >= leastSeconds) {
    found.set("time", "the time it took differed");
  }
  if (a.failed === undefined && b.failed === undefined) {
    // A run that was cut off earlier has fewer lines.
    const length = Math.min(a.log.length, b.log.length);
    const masked = (run: BriefRun) => run.log.slice(0, length).map((line) => withoutEcho(line, values));
    const others = new Set(masked(b));
    for (const line of masked(a)) if (!others.has(line)) found.set(`log ${line}`, "the log differed");
  }
  return found;
}

function metricsOf({ observations }: BriefRun): ReadonlySet<string> {
  return new Set(observations.map(({ metric }) => metric));
}

function commonMetrics(a: BriefRun, b: BriefRun): readonly string[] {
  const others = metricsOf(b);
  return [...metricsOf(a)].filter((metric) => others.has(metric));
}

/** Compared as far as both runs came. */
function metricDiffers(a: BriefRun, b: BriefRun, metric: string): boolean {
  const [one, other] = [a, b].map(({ observations }) => observations.filter((each) => each.metric === metric));
  return (one ?? []).some(({ step, value }, k) => {
    const same = other?.[k];
    return same !== undefined && (same.step !== step || !Object.is(same.value, value));
  });
}

function ratio(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined || !(a > 0) || !(b > 0)) return 1;
  return Math.max(a, b) / Math.min(a, b);
}

/** The line with both values of the parameter blanked out, however they are written. */
function withoutEcho(line: string, values: readonly ParameterValue[]): string {
  const numbers = values.filter((value) => typeof value === "number");
  const isEcho = (word: string) => {
    const number = Number(word);
    return numbers.some((value) => Math.abs(number - value) <= logRounding * Math.abs(value));
  };
  const texts = values.filter((value) => typeof value !== "number").map((value) => String(value).toLowerCase());
  return line
    .replace(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/g, (word) => (isEcho(word) ? "<value>" : word))
    .replace(/[\w.-]+/g, (word) => (texts.includes(word.toLowerCase()) ? "<value>" : word));
}

/** Two configurations that differ in one parameter alone; undefined where there are none near the defaults. */
function variationOf(
  space: SearchSpace,
  name: string,
): { readonly from: Configuration; readonly to: Configuration } | undefined {
  for (const from of startsFor(space, name)) {
    for (const value of otherValues(space, space.parameter(name), from[name])) {
      const to = sameConfiguration({ ...from, [name]: value }, space);
      if (to !== undefined && to[name] !== from[name]) return { from, to };
    }
  }
  return undefined;
}

/** The defaults, or, where the parameter is not active there, the defaults with one other value that makes it so. */
function startsFor(space: SearchSpace, name: string): readonly Configuration[] {
  const defaults = space.defaults();
  if (space.isActive(name, defaults)) return [defaults];
  return space.parameters.flatMap((parameter) =>
    otherValues(space, parameter, defaults[parameter.name]).flatMap((value) => {
      const changed = sameConfiguration({ ...defaults, [parameter.name]: value }, space);
      return changed !== undefined && space.isActive(name, changed) ? [changed] : [];
    }),
  );
}

/** Half the range away from the value first: far enough to matter, and seldom too far to run. */
function otherValues(
  space: SearchSpace,
  parameter: Parameter,
  value: ParameterValue | undefined,
): readonly ParameterValue[] {
  if (parameter.kind === "boolean") return [!value];
  if (parameter.kind === "categorical") return parameter.choices.filter((choice) => choice !== value);
  const axis = space.numericAxes.findIndex((each) => each.name === parameter.name);
  const home = space.encode(value === undefined ? {} : { [parameter.name]: value }).numeric[axis] ?? 0.5;
  const away = home < 0.5 ? [0.5, 0.2, 0.8, 1] : [-0.5, -0.2, -0.8, -1];
  return away.map((step) => space.decodeNumeric(parameter.name, home + step));
}

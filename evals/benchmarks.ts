import { AgentTuneError } from "../src/errors.js";
import { nearestName } from "../src/space/index.js";
import { dataVariable } from "./tasks/data-folder.js";
import { allTasks, type Benchmark, nameWithoutDisguise, type SkippedTask, taskNamed } from "./tasks/index.js";
import { trainingBenchmark, trainingBenchmarks } from "./training/index.js";

/**
 * Any benchmark by its name.
 *
 * @throws AgentTuneError `usage` where there is none of that name, or it cannot be run here
 */
export async function benchmarkNamed(name: string, env: NodeJS.ProcessEnv = process.env): Promise<Benchmark> {
  const benchmark = (await trainingBenchmark(name, env)) ?? taskNamed(name, env);
  if (benchmark === undefined) throw unknownBenchmark(name, env);
  return benchmark;
}

/** Names of all benchmarks that can be listed, and of those that cannot be run here. */
export function benchmarkNames(env: NodeJS.ProcessEnv = process.env): {
  readonly names: readonly string[];
  readonly skipped: readonly SkippedTask[];
} {
  const tasks = allTasks(env);
  const training = trainingBenchmarks(env);
  return {
    names: [...tasks.tasks.map(({ name }) => name), ...training.benchmarks.map(({ name }) => name)],
    skipped: [...tasks.skipped, ...training.skipped],
  };
}

/** What to do about benchmarks that were skipped; undefined where none of them lacks data that could be had. */
export function missingDataRemedy(skipped: readonly SkippedTask[], env: NodeJS.ProcessEnv): string | undefined {
  const withoutData = new Set(allTasks(env).skipped.map(({ name }) => name));
  return skipped.some(({ name }) => withoutData.has(nameWithoutDisguise(name) ?? name))
    ? `Get data with agent-tune eval fetch, which also says what cannot be downloaded, or name a folder that has it in ${dataVariable}.`
    : undefined;
}

/**
 * Why there is no benchmark of that name here, and which one may have been meant.
 *
 * @param name of one, or of a family: then it ends with a slash
 */
export function unknownBenchmark(name: string, env: NodeJS.ProcessEnv): AgentTuneError {
  const { names, skipped } = benchmarkNames(env);
  const plain = nameWithoutDisguise(name) ?? name;
  const missing = skipped.find((each) => each.name === plain);
  if (missing !== undefined) {
    const remedy = missingDataRemedy([missing], env);
    return new AgentTuneError("usage", {
      message: `The task ${name} cannot be run here: ${missing.reason}.`,
      ...(remedy !== undefined && { remedy }),
    });
  }
  const known = [...names, ...skipped.map((each) => each.name)];
  const families = [...new Set(known.map((each) => `${each.split("/", 1)[0]}/`))];
  const isFamily = plain.endsWith("/");
  const nearest = nearestName(plain, isFamily ? [...families, ...known] : known);
  const family = families.find((each) => !isFamily && plain.startsWith(each));
  return new AgentTuneError("usage", {
    message: `There is no ${isFamily ? "family of tasks" : "task"} named ${name}.`,
    remedy:
      nearest !== undefined
        ? `Did you mean ${nearest}? All names: agent-tune eval list.`
        : family !== undefined
          ? `Tasks of ${family} are ${known.filter((each) => each.startsWith(family)).join(", ")}.`
          : `Families are ${families.join(", ")}; all names: agent-tune eval list.`,
  });
}

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { Configuration, ParameterFields } from "../../src/space/index.js";
import { candidateSetTask, type RecordedRun, type Row } from "./candidate-set.js";
import { findData } from "./data-folder.js";
import type { SkippedTask, Task, TaskEntry } from "./task.js";

/*
 * ARLBench (Becktepe et al. 2024, arXiv 2409.18827): reinforcement learning with 256 configurations from a Sobol
 * sequence, ten seeds each. Which parameters there are depends on others. Runs of one configuration differ widely.
 */

interface Source {
  readonly name: string;
  readonly environment: string;
}

const algorithms = {
  dqn: "a deep Q-network (DQN)",
  ppo: "proximal policy optimization (PPO)",
  sac: "soft actor-critic (SAC)",
} as const;
const sources: readonly Source[] = [
  { name: "atari_qbert_dqn", environment: "Q*bert of the Atari games" },
  { name: "box2d_lunar_lander_dqn", environment: "the lunar lander with discrete actions (Box2D)" },
  { name: "brax_hopper_sac", environment: "the one-legged hopper (Brax)" },
  { name: "cc_acrobot_dqn", environment: "the acrobot of classic control" },
  { name: "cc_cartpole_dqn", environment: "the cart pole of classic control" },
  { name: "cc_cartpole_ppo", environment: "the cart pole of classic control" },
  { name: "cc_pendulum_sac", environment: "the pendulum of classic control" },
  { name: "minigrid_door_key_dqn", environment: "the door with a key (MiniGrid)" },
];

const prioritised = "buffer_prio_sampling";
const targeted = "use_target_network";

type Described =
  | { readonly type: "boolean"; readonly default: boolean; readonly description: string }
  | {
      readonly type: "float" | "int";
      readonly scale?: "log";
      readonly powers_of?: 2;
      readonly when?: string;
      readonly description: string;
      readonly unit?: string;
    };

/** What is tuned of the three algorithms. Bounds differ between environments: they come from the rows. */
const fields: Readonly<Record<string, Described>> = {
  learning_rate: { type: "float", scale: "log", description: "Learning rate of Adam." },
  buffer_size: {
    type: "int",
    description: "Most transitions that the replay buffer keeps.",
    unit: "transitions",
  },
  buffer_batch_size: {
    type: "int",
    powers_of: 2,
    description: "Transitions that are drawn from the buffer for one update.",
    unit: "transitions",
  },
  [prioritised]: {
    type: "boolean",
    default: false,
    description: "Whether transitions are drawn by priority rather than uniformly.",
  },
  buffer_alpha: {
    type: "float",
    when: prioritised,
    description: "How strongly priorities count in drawing transitions.",
  },
  buffer_beta: {
    type: "float",
    when: prioritised,
    description: "How strongly the bias of prioritised drawing is corrected.",
  },
  buffer_epsilon: {
    type: "float",
    scale: "log",
    when: prioritised,
    description: "Constant that is added to each priority.",
  },
  learning_starts: {
    type: "int",
    description: "Steps of the environment before the first update.",
    unit: "steps",
  },
  initial_epsilon: { type: "float", description: "Share of random actions at the beginning." },
  target_epsilon: { type: "float", description: "Share of random actions later on." },
  reward_scale: { type: "float", scale: "log", description: "Factor on rewards." },
  [targeted]: { type: "boolean", default: true, description: "Whether targets come from a network of their own." },
  target_update_interval: {
    type: "int",
    when: targeted,
    description: "Steps between two updates of the target network.",
    unit: "steps",
  },
  tau: {
    type: "float",
    when: targeted,
    description: "Share of the network that goes into the target network at each update.",
  },
  minibatch_size: {
    type: "int",
    powers_of: 2,
    description: "Transitions in one step of the optimizer.",
    unit: "transitions",
  },
  clip_eps: {
    type: "float",
    description: "How far the ratio of new to old policy may move before it is clipped.",
  },
  ent_coef: { type: "float", description: "Weight of the entropy bonus." },
  gae_lambda: { type: "float", description: "Decay of generalised advantage estimation." },
  max_grad_norm: { type: "float", description: "Norm to which gradients are clipped." },
  normalize_advantage: { type: "boolean", default: true, description: "Whether advantages are standardised." },
  vf_clip_eps: { type: "float", description: "How far values may move before they are clipped." },
  vf_coef: { type: "float", description: "Weight of the value loss." },
};

const value = z.union([z.number(), z.boolean()]);
const fileSchema = z.object({
  /** Steps of the environment at which the policy was evaluated. */
  budgets: z.array(z.number()).min(1),
  configs: z.array(z.record(z.string(), value)),
  /** Configuration, seed, mean return at each budget. */
  runs: z.array(z.tuple([z.number(), z.number(), z.array(z.number().nullable())])),
});
type Recorded = z.infer<typeof fileSchema>;

/** @throws ZodError for another content */
export function readArlBench(text: string): Recorded {
  const parsed: unknown = JSON.parse(text);
  return fileSchema.parse(parsed);
}

/**
 * A task on recorded runs; returns are negated.
 *
 * @param source environment and algorithm, such as `cc_cartpole_ppo`
 * @throws Error for an algorithm or a parameter that is not known
 */
export function arlBenchTask({ name, environment }: Source, { budgets, configs, runs }: Recorded): Task {
  const algorithm = Object.entries(algorithms).find(([ending]) => name.endsWith(`_${ending}`))?.[1];
  if (algorithm === undefined) throw new Error(`${name} names no algorithm.`);
  const present = new Set(configs.flatMap((configuration) => Object.keys(configuration)));
  const unknown = [...present].find((parameter) => fields[parameter] === undefined);
  if (unknown !== undefined) throw new Error(`${name} has the parameter ${unknown}, which is not described.`);
  const parameters = Object.entries(fields)
    .filter(([parameter]) => present.has(parameter))
    .map(([parameter, described]) => [parameter, spanning(parameter, described, configs)] as const);

  const rows = configs.map((configuration: Configuration, k): Row => {
    const ofRow = runs.filter(([index]) => index === k);
    return { configuration, runs: ofRow.map(([, , returns]) => runOf(returns)) };
  });
  const steps = (budgets.at(-1) ?? 0).toLocaleString("en-US");
  return candidateSetTask({
    name: `arlbench/${name}`,
    card: {
      text:
        `A policy for ${environment} is trained by ${algorithm} for ${steps} steps. The value is the negated mean return ` +
        "of evaluation episodes at the end, of one of ten recorded runs that differ in the seed, and it differs widely " +
        "between them.",
      metric: "negated mean return",
      limits: {},
    },
    space: { parameters: Object.fromEntries(parameters) },
    rows,
    usual: {},
  });
}

/** With bounds that hold all rows, in the two digits in which bounds are written; powers are bounds already. */
function spanning(name: string, described: Described, rows: readonly Configuration[]): ParameterFields {
  if (described.type === "boolean") return described;
  const values = rows.flatMap((row) => (typeof row[name] === "number" ? [row[name]] : []));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const { type, powers_of: base, ...common } = described;
  if (base !== undefined) return { type: "int", powers_of: base, low, high, ...common };
  return { type, low: toTwoDigits(low, Math.floor), high: toTwoDigits(high, Math.ceil), ...common };
}

function toTwoDigits(value: number, round: (value: number) => number): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Number((round(value / unit) * unit).toPrecision(2));
}

function runOf(returns: readonly (number | null)[]): RecordedRun {
  const last = returns.at(-1) ?? null;
  return last === null
    ? { kind: "diverged", progress: returns.indexOf(null) / returns.length }
    : { kind: "value", value: 0 - last };
}

/** Tasks of ARLBench whose file is at hand, and the others with the reason. */
export function arlBenchTasks(env: NodeJS.ProcessEnv): {
  tasks: readonly TaskEntry[];
  skipped: readonly SkippedTask[];
} {
  const tasks: TaskEntry[] = [];
  const skipped: SkippedTask[] = [];
  for (const source of sources) {
    const name = `arlbench/${source.name}`;
    const path = `arlbench/sobol/${source.name}.json.gz`;
    const file = findData(path, env);
    if (file === undefined) skipped.push({ name, reason: `${path} is not at hand` });
    else
      tasks.push({ name, load: () => arlBenchTask(source, readArlBench(gunzipSync(readFileSync(file)).toString())) });
  }
  return { tasks, skipped };
}

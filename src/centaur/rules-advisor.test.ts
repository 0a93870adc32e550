import { describe, expect, it } from "vitest";
import { Evidence, toLoss } from "../evidence/index.js";
import { complete, failed, finishedTrial } from "../evidence/testing/finished-trials.js";
import { RandomStream } from "../math/random.js";
import { optimizerFactory } from "../optimizers/index.js";
import { type Configuration, SearchSpace, type SpaceDefinition } from "../space/index.js";
import type { Outcome } from "../trials/outcome.js";
import { Centaur } from "./centaur.js";
import { RulesAdvisor } from "./rules-advisor.js";

const training: SpaceDefinition = {
  parameters: [
    { name: "weight_decay", kind: "float", low: 1e-5, high: 1, scale: "log", default: 0.01 },
    { name: "learning_rate", kind: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
    { name: "width", kind: "int", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
    { name: "dropout", kind: "float", low: 0, high: 0.5, scale: "linear", default: 0.1 },
    { name: "activation", kind: "categorical", choices: ["relu", "gelu", "tanh"], default: "tanh" },
  ],
  constraints: [],
  derived: [],
};

/** Separable: each parameter has its own best value, none of them the default. */
function valley(configuration: Configuration): number {
  const at = (name: string): number => Number(configuration[name]);
  return (
    (Math.log10(at("learning_rate")) + 1.5) ** 2 +
    0.3 * (Math.log2(at("width")) - 8) ** 2 +
    0.1 * (Math.log10(at("weight_decay")) + 1) ** 2 +
    4 * (at("dropout") - 0.3) ** 2 +
    (configuration["activation"] === "gelu" ? 0 : 0.3)
  );
}

interface Run {
  readonly evidence: Evidence;
  readonly configurations: readonly Configuration[];
  readonly reasons: readonly string[];
}

/** The rules alone, turn by turn, after the default. */
async function rules(
  trials: number,
  run: (configuration: Configuration) => Outcome,
  definition: SpaceDefinition = training,
): Promise<Run> {
  const space = SearchSpace.from(definition);
  const evidence = new Evidence(space, { metric: "loss", direction: "minimize" });
  const optimizer = optimizerFactory("random").create(space, { seed: 1, start: space.defaults() });
  const options = {
    space,
    evidence,
    optimizer,
    advisor: new RulesAdvisor(),
    share: 1,
    review: "trial",
    seed: 1,
  } as const;
  const centaur = Centaur.create(options);
  const setting = { limits: {}, budget: { trialsUsed: 0 }, parallel: 1 };
  const reasons: string[] = [];
  for (let number = 0; number < trials; number++) {
    const [proposal] = (await centaur.propose({ setting, pending: [], room: 1 })).proposals;
    const { configuration, ...sketch } = proposal!;
    const before = evidence.incumbent;
    const trial = finishedTrial(number, configuration, run(configuration), sketch);
    evidence.add(trial);
    centaur.learn(trial, before && toLoss(evidence.objective, before.estimate.mean));
    reasons.push(proposal!.reason);
  }
  return { evidence, reasons, configurations: evidence.trials.map(({ proposal }) => proposal.configuration) };
}

function bestOfRandom(seed: number, trials: number): number {
  const space = SearchSpace.from(training);
  const random = RandomStream.fromSeed(seed);
  return Math.min(...Array.from({ length: trials }, () => valley(space.sample(random))));
}

describe("the built-in rules", () => {
  it("find a separable valley far better than random search with as many trials", async () => {
    const { evidence } = await rules(40, (configuration) => complete(valley(configuration)));
    const found = evidence.incumbent!.estimate.mean;
    const random = Array.from({ length: 20 }, (_, seed) => bestOfRandom(seed, 40)).sort((a, b) => a - b);
    // Better than every one of 20 random searches: by chance 1 in 21.
    expect(found).toBeLessThan(random[0]!);
    expect(found).toBeLessThan(random[10]! / 10);
  });

  it("never repeat a configuration, and say what they moved and from where", async () => {
    const { configurations, reasons, evidence } = await rules(40, (configuration) => complete(valley(configuration)));
    expect(new Set(configurations.map((each) => evidence.space.key(each))).size).toBe(40);
    expect(reasons[1]).toBe("learning_rate from 0.001 to 0.00398, the rest as in trial 0");
    expect(evidence.trials.slice(1).every(({ proposal }) => proposal.origin === "rules")).toBe(true);
  });

  it("look at what usually matters first, whatever the order of the space", async () => {
    const { reasons } = await rules(6, ({ learning_rate }) => complete(learning_rate === 1e-3 ? 1 : 2));
    expect(reasons.slice(1).map((reason) => reason.split(" ")[0])).toEqual([
      "learning_rate",
      "learning_rate",
      "width",
      "width",
      "weight_decay",
    ]);
  });

  it("do not follow ever smaller gains in one direction", async () => {
    const { configurations } = await rules(20, (configuration) => complete(valley(configuration)));
    const alone = configurations.filter(({ learning_rate: _, ...rest }) => {
      const { learning_rate: __, ...first } = configurations[0]!;
      return JSON.stringify(rest) === JSON.stringify(first);
    });
    expect(alone.length).toBeLessThan(8);
  });

  it("propose nothing that breaks a constraint, and move conditional parameters only where they are active", async () => {
    const conditional: SpaceDefinition = {
      parameters: [
        ...training.parameters,
        {
          name: "momentum",
          kind: "float",
          low: 0,
          high: 0.99,
          scale: "linear",
          default: 0.9,
          when: "activation == 'relu'",
        },
      ],
      constraints: ["width * dropout <= 20"],
      derived: [],
    };
    const { configurations, evidence } = await rules(40, (each) => complete(valley(each)), conditional);
    for (const each of configurations) {
      expect(evidence.space.brokenConstraints(each)).toEqual([]);
      expect(evidence.space.read(each)).toEqual({ ok: true, configuration: each });
    }
  });

  it("stay away from what runs out of memory", async () => {
    const { evidence } = await rules(60, (configuration) =>
      Number(configuration["width"]) >= 256 ? failed("out_of_memory") : complete(valley(configuration)),
    );
    const failures = evidence.trials.filter(({ outcome }) => outcome.kind === "failed").length;
    expect(failures).toBeLessThan(8);
    expect(evidence.incumbent!.group.configuration["width"]).toBe(128);
  });

  it("leave the field to the optimizer when they have nothing to go by, or no move left", async () => {
    const failing = await rules(4, () => failed("out_of_memory"));
    expect(failing.reasons.slice(1)).toEqual(
      Array(3).fill("accepted: nothing has completed that a move could start from"),
    );
    const tiny: SpaceDefinition = {
      parameters: [{ name: "depth", kind: "int", low: 1, high: 3, scale: "linear", default: 2 }],
      constraints: [],
      derived: [],
    };
    const { reasons } = await rules(5, ({ depth }) => complete(Number(depth)), tiny);
    expect(reasons.slice(3)).toEqual(Array(2).fill("accepted: every known move has been tried"));
  });

  it("call themselves rules and not a model", () => {
    expect(new RulesAdvisor()).toMatchObject({ kind: "rules", name: "built-in rules (no model)" });
  });
});

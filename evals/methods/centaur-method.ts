import { Centaur } from "../../src/centaur/centaur.js";
import { Evidence, type FinishedTrial } from "../../src/evidence/index.js";
import { deriveSeed } from "../../src/math/random.js";
import { optimizerFactory } from "../../src/optimizers/index.js";
import type { Outcome } from "../../src/trials/outcome.js";
import { failureKinds } from "../../src/trials/outcome.js";
import type { Proposal } from "../../src/trials/proposal.js";
import { readAdvisor } from "../advisors/index.js";
import type { ModelSurroundings } from "../models/index.js";
import type { Benchmark, Observation } from "../tasks/index.js";
import type { HybridName } from "./hybrid-name.js";
import type { Method, Proposed, Session } from "./method.js";
import { Stopwatch } from "./stopwatch.js";

/**
 * Centaur over one of the optimizers, with an advisor: the same class that a study uses, without the study's own
 * repeats of known configurations, so that every method spends its trials on the search.
 *
 * @throws AgentTuneError `usage` where there is no such optimizer or advisor, or no such setting of either;
 *   `model_unknown`, `credentials_missing`, `recording_invalid`
 */
export function centaurMethod(
  { name, optimizer: choice, advisor: partner, share }: HybridName,
  surroundings?: ModelSurroundings,
): Method {
  const factory = optimizerFactory(choice);
  const advisor = readAdvisor(partner, surroundings);
  return {
    name,
    needsOptimum: advisor.needsOptimum,
    close: () => {},
    async open({ task, seed, runSeed, trials, workers }): Promise<Session> {
      const { space, card } = task;
      const watch = new Stopwatch();
      const opened = advisor.open({ task, method: name, seed: deriveSeed(seed, "advisor"), runSeed });
      const evidence = new Evidence(space, { metric: card.metric, direction: "minimize" });
      const optimizer = factory.create(space, { seed: deriveSeed(seed, "optimizer"), start: task.start });
      const centaur = Centaur.create({
        space,
        evidence,
        optimizer,
        advisor: opened?.advisor,
        share,
        review: "trial",
        seed: deriveSeed(seed, "centaur"),
      });
      const asked = new Map<Proposed, { readonly proposal: Proposal; readonly number: number }>();
      let started = 0;
      let waited = 0;
      /** Milliseconds in which a model was waited for, since the last call of this. */
      const waitedSince = (): number => {
        const before = waited;
        waited = 1000 * (opened?.usage?.().seconds ?? 0);
        return waited - before;
      };
      const propose = async (): Promise<Proposed> => {
        const [proposal] = (
          await centaur.propose({
            setting: {
              task: card.text,
              limits: { seconds: card.limits.seconds, memoryBytes: card.limits.memoryBytes },
              budget: { trials, trialsUsed: started },
              parallel: workers,
            },
            pending: [...asked.keys()].map(({ configuration }) => configuration),
            room: 1,
          })
        ).proposals;
        if (proposal === undefined) throw new Error("Centaur proposed nothing.");
        const proposed = { configuration: proposal.configuration, origin: proposal.origin };
        asked.set(proposed, { proposal, number: started });
        started += 1;
        return proposed;
      };
      const learn = (proposed: Proposed, observation: Observation): void => {
        const made = proposed.insteadOf ?? proposed;
        const known = asked.get(made);
        if (known === undefined) throw new Error("This proposal was told already.");
        asked.delete(made);
        const { candidate: _, ...foreign } = known.proposal;
        const proposal = made === proposed ? known.proposal : { ...foreign, configuration: proposed.configuration };
        if (made !== proposed && known.proposal.candidate !== undefined) optimizer.forget(known.proposal.candidate);
        const before = evidence.incumbent?.estimate.mean;
        const trial = finishedTrial(task, proposal, known.number, observation);
        evidence.add(trial);
        centaur.learn(trial, before);
      };
      return {
        async begin(_, observation) {
          learn(await propose(), observation);
        },
        ask: () => watch.timeAsync(propose),
        async tell(proposed, observation) {
          watch.time(() => learn(proposed, observation));
        },
        async end() {
          opened?.close();
        },
        spent: () => watch.lap() - waitedSince(),
        ...(opened?.usage && { usage: opened.usage }),
      };
    },
  };
}

/** A trial as the study would have stored it. */
export function finishedTrial(
  { space }: Benchmark,
  proposal: Proposal,
  number: number,
  { evaluation, measured: { cost, peakMemory } }: Observation,
): FinishedTrial {
  return {
    number,
    proposal,
    derived: space.derive(proposal.configuration),
    seed: number,
    outcome: outcomeOf(evaluation),
    metrics: {},
    ...(cost !== undefined && { seconds: cost }),
    ...(peakMemory !== undefined && { peakMemoryBytes: peakMemory }),
    logTail: [],
  };
}

function outcomeOf(evaluation: Observation["evaluation"]): Outcome {
  if (evaluation.kind === "value") return { kind: "complete", value: evaluation.value };
  const failure = failureKinds.find((kind) => kind === evaluation.failure) ?? "crashed";
  return { kind: "failed", failure, message: `the run ended with ${failure}` };
}

import { closeGate, decide, noTries, openGate, type Pair, type Tries } from "../../src/code/gate/index.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { RunNoise } from "./conditions.js";

/** Loss of the parent, in standard deviations of one run: an ordinary metric with 1 % of noise. */
const parentLoss = 100;

/** Whether a version is kept, and how many runs of training that took. */
export interface Verdict {
  readonly kept: boolean;
  readonly runs: number;
  /** Mean and lower end of the gain that was reported with a version that was kept. */
  readonly reported?: { readonly mean: number; readonly low: number };
}

/** One way of deciding, over the versions of one study. */
export interface Judge {
  readonly name: string;
  /** @param pair runs both versions on the next fresh seed */
  start(noise: number | undefined): (pair: () => Pair) => Verdict;
}

/** The product's gate; versions have as many lines as their parents. */
export function gateJudge(maxPairs: number): Judge {
  return {
    name: "gate",
    start: (noise) => {
      let tries: Tries = noTries;
      return (pair) => {
        const lines = { candidate: 100, parent: 100 };
        const known = noise === undefined ? {} : { noise };
        const opened = openGate(tries, { confidence: 0.95, lines, maxPairs, ...known });
        const pairs: Pair[] = [];
        let decision = decide(pairs, opened.gate);
        while (decision.kind === "more") {
          pairs.push(pair());
          decision = decide(pairs, opened.gate);
        }
        tries = closeGate(opened.tries, decision);
        const runs = 2 * pairs.length;
        if (decision.kind !== "keep") return { kept: decision.kind === "keep_simpler", runs };
        return { kept: true, runs, reported: decision.gain };
      };
    },
  };
}

/**
 * One study of so many tries, each a version over its parent.
 *
 * @param gain true gain of the versions, in turn
 * @param known whether the noise was measured, as the standard deviation of four runs of the parent
 */
export function simulateStudy(
  judge: Judge,
  noise: RunNoise,
  options: { readonly gain: readonly number[]; readonly tries: number; readonly known: boolean; readonly seed: number },
): readonly Verdict[] {
  const random = RandomStream.fromSeed(deriveSeed(options.seed, noise.name, ...options.gain));
  const round = (loss: number) => (noise.step === undefined ? loss : noise.step * Math.round(loss / noise.step));
  const pairWith = (gain: number) => () => {
    const [candidate, parent] = noise.draw(random);
    return { candidate: round(parentLoss - gain + candidate), parent: round(parentLoss + parent) };
  };
  const measured = deviation(Array.from({ length: 4 }, () => pairWith(0)().parent));
  const verdict = judge.start(options.known ? measured : undefined);
  return Array.from({ length: options.tries }, (_, index) =>
    verdict(pairWith(options.gain[index % options.gain.length] ?? 0)),
  );
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

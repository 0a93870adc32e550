import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TriedOut } from "../../code/coder/index.js";
import { type BriefRun, verifyEffect } from "../../code/parameters/index.js";
import { baseVersion } from "../../code/version.js";
import { deriveSeed } from "../../math/random.js";
import { SearchSpace } from "../../space/index.js";
import type { Configuration } from "../../space/parameter.js";
import type { Observation } from "../../trials/outcome.js";
import type { Executor, TrialEnd } from "../../trials/trial-run.js";
import type { Draft } from "./version-maker.js";
import type { Workshop } from "./workshop.js";

export interface TryOutParts {
  readonly study: string;
  readonly studyFolder: string;
  readonly seed: number;
  readonly executor: Executor;
  readonly workshop: Workshop;
  readonly mark: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Seconds of each run that looks for the effect of a parameter. */
const effectSeconds = 20;

/**
 * Runs edits in the making for some seconds, confined like a trial of a version. Nothing of it counts as a result. Marks
 * are written down before anything starts, so that a crash leaves nothing running for good.
 */
export class TryOut {
  private count = 0;

  constructor(private readonly parts: TryOutParts) {}

  /** For the coder: whether the draft runs at all, with the defaults of its parent. */
  async run(
    draft: Pick<Draft, "parent" | "files"> & { readonly seconds: number },
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<TriedOut> {
    const space = SearchSpace.from(this.parts.workshop.maker.spaceOf(draft.parent));
    const declared = this.parts.workshop.maker.declaredBy(draft.parent);
    const { end, cut } = await this.brief(draft, space, space.defaults(), declared, draft.seconds, signal);
    const { outcome, seconds, metrics, logTail } = end;
    return {
      outcome: cut
        ? { kind: "still_running" }
        : outcome.kind === "failed"
          ? { kind: "failed", failure: outcome.failure, message: outcome.message }
          : { kind: "finished" },
      seconds,
      metrics: { ...end.claimed, ...metrics },
      logTail,
    };
  }

  /** What a draft declares without any effect on the running command, one sentence each. */
  async effectless(draft: Draft, signal: AbortSignal): Promise<readonly string[]> {
    const { maker } = this.parts.workshop;
    const space = SearchSpace.from(draft.space);
    const names = Object.keys(draft.declares);
    const known = new Set([...maker.declaredBy(draft.parent), ...names]);
    const declared = space.parameters.map(({ name }) => name).filter((name) => known.has(name));
    const report = await verifyEffect({
      space,
      declared: names,
      run: async (configuration) => {
        const { end, observations } = await this.brief(draft, space, configuration, declared, effectSeconds, signal);
        return briefRun(end, observations);
      },
    });
    if (report.failed !== undefined) return [`With its defaults the edited code fails: ${report.failed}`];
    return report.parameters.flatMap(({ name, effect, explanation }) =>
      effect === "none" ? [`The declared parameter ${name} has no effect: ${explanation}.`] : [],
    );
  }

  /** Ends what a crash has left running. */
  async reap(): Promise<void> {
    const marks = await readFile(this.markFile, "utf8").catch(() => "");
    const left = marks.split("\n").filter((mark) => mark !== "");
    if (left.length > 0) await this.parts.executor.reap(left);
    await rm(this.markFile, { force: true });
  }

  private get markFile(): string {
    return join(this.parts.studyFolder, "code", "try-outs.txt");
  }

  private async brief(
    { parent, files }: Pick<Draft, "parent" | "files">,
    space: SearchSpace,
    configuration: Configuration,
    declared: readonly string[],
    seconds: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly end: TrialEnd; readonly observations: readonly Observation[]; readonly cut: boolean }> {
    const { study, studyFolder, executor, workshop, mark, now, seed } = this.parts;
    const checkout = await workshop.checkoutDraft(parent, files, now());
    const folder = join(studyFolder, "code", "drafts", String(this.count++));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const own = mark();
    await appendFile(this.markFile, `${own}\n`);
    const observations: Observation[] = [];
    const trial = executor.start(
      {
        study,
        number: 0,
        attempt: 1,
        configuration,
        derived: { ...space.derive(configuration) },
        // The same for every run, so that only the code and the values differ.
        seed: deriveSeed(seed, "try-out") >>> 1,
        folder,
        mark: own,
        code: { version: "draft", checkout, base: workshop.path(baseVersion) },
        declared,
      },
      { started() {}, observed: (observation) => observations.push(observation) },
    );
    let cut = false;
    const timer = setTimeout(() => {
      cut = true;
      trial.cancel("it was only tried out");
    }, seconds * 1000);
    const stop = (): void => trial.cancel("the study is being stopped");
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const end = await trial.ended;
      return { end, observations, cut };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      await writeFile(this.markFile, "");
      await workshop.removeDraft();
    }
  }
}

function briefRun(end: TrialEnd, observations: readonly Observation[]): BriefRun {
  const { outcome, seconds, peakMemoryBytes, logTail } = end;
  // That it was cut off says nothing; nor that a run which was cut off has no metric yet.
  const failed = outcome.kind === "failed" && outcome.failure !== "cancelled" ? outcome.message : undefined;
  return {
    ...(failed === undefined ? {} : { failed }),
    observations,
    seconds,
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    log: logTail,
  };
}

import { type Candidate, optimizerFactory } from "../../src/optimizers/index.js";
import type { Configuration } from "../../src/space/index.js";
import type { Observation } from "../tasks/index.js";
import type { Method, Proposed, Session } from "./method.js";
import { Stopwatch } from "./stopwatch.js";

/**
 * An optimizer of this project, in this process.
 *
 * @param name with settings, as a study file has it
 * @throws AgentTuneError `usage` where there is none of that name, or no such setting
 */
export function optimizerMethod(name: string): Method {
  const factory = optimizerFactory(name);
  return {
    name,
    close: () => {},
    async open({ task, seed }): Promise<Session> {
      const watch = new Stopwatch();
      const optimizer = watch.time(() => factory.create(task.space, { seed, start: task.start }));
      const asked = new Map<Proposed, Candidate>();
      const tell = (configuration: Configuration, { evaluation, measured }: Observation, candidate?: number): void =>
        watch.time(() =>
          optimizer.tell({ ...(candidate !== undefined && { candidate }), configuration, evaluation, measured }),
        );
      return {
        async begin(start, observation) {
          tell(start, observation);
        },
        async ask() {
          const candidate = watch.time(() => optimizer.ask());
          const proposed = { configuration: candidate.configuration, origin: optimizer.name };
          asked.set(proposed, candidate);
          return proposed;
        },
        async tell(proposed, observation) {
          const { insteadOf } = proposed;
          const displaced = insteadOf && asked.get(insteadOf);
          if (displaced) watch.time(() => optimizer.forget(displaced.id));
          const candidate = asked.get(proposed);
          asked.delete(insteadOf ?? proposed);
          tell(proposed.configuration, observation, candidate?.id);
        },
        async end() {},
        spent: () => watch.lap(),
      };
    },
  };
}

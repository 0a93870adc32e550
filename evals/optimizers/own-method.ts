import { type Candidate, optimizerFactory } from "../../src/optimizers/index.js";
import type { Configuration } from "../../src/space/index.js";
import type { Observation } from "../tasks/index.js";
import type { Method, Session } from "./method.js";

/**
 * An optimizer of this project, in this process.
 *
 * @param name with settings, as a study file has it
 * @throws AgentTuneError `usage` where there is none of that name, or no such setting
 */
export function ownMethod(name: string): Method {
  const factory = optimizerFactory(name);
  return {
    name,
    close: () => {},
    async open(task, seed): Promise<Session> {
      let spent = 0;
      const timed = <Result>(work: () => Result): Result => {
        const before = performance.now();
        const result = work();
        spent += performance.now() - before;
        return result;
      };
      const optimizer = timed(() => factory.create(task.space, { seed, start: task.start }));
      let asked: Candidate | undefined;
      const tell = (configuration: Configuration, { evaluation, measured }: Observation, candidate?: number): void =>
        timed(() =>
          optimizer.tell({ ...(candidate !== undefined && { candidate }), configuration, evaluation, measured }),
        );
      return {
        async begin(start, observation) {
          tell(start, observation);
        },
        async ask() {
          asked = timed(() => optimizer.ask());
          return asked.configuration;
        },
        async tell(observation) {
          if (asked) tell(asked.configuration, observation, asked.id);
        },
        async end() {},
        spent() {
          const since = spent;
          spent = 0;
          return since;
        },
      };
    },
  };
}

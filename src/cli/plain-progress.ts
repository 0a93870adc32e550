import { trialLine } from "../report/index.js";
import type { Store } from "../store/index.js";
import type { Study } from "../study/study.js";
import type { Terminal } from "./terminal.js";

/** Progress as lines on standard error: for logs, pipes and CI. */
export function plainProgress(terminal: Terminal, study: Study, store: Store): { close(): void } {
  const unsubscribe = study.subscribe(({ event }) => {
    switch (event.type) {
      case "study.started":
        terminal.err(startLine(study, event));
        break;
      case "trial.finished": {
        const line = trialLine(study, store.trial(study.id, event.trial));
        if (line !== undefined) terminal.err(line);
        break;
      }
      case "trial.requeued":
        terminal.err(`trial ${event.trial} runs again: ${event.reason}`);
        break;
      case "advice.failed":
        terminal.err(
          `advisor gave no answer (${event.failure}): ${event.message.replace(/[.!?]?$/, ".")} The optimizer's proposal runs instead.`,
        );
        break;
      case "study.phase":
        if (event.phase === "final") terminal.err("search done; running the answer and the default on fresh seeds");
        break;
      case "warning":
        terminal.err(`warning: ${event.message}`);
        break;
      default:
    }
  });
  return { close: unsubscribe };
}

function startLine(
  study: Study,
  {
    resumed,
    advisor,
    optimizer,
  }: { readonly resumed: boolean; readonly advisor: string | null; readonly optimizer: string },
): string {
  const { budget, name } = study.settings;
  const size =
    budget.trials === undefined ? `${budget.seconds} s` : `${budget.trials} trial${budget.trials === 1 ? "" : "s"}`;
  return `${resumed ? "resuming" : "starting"} study ${name} (${study.id}): ${size}, ${optimizer} with ${advisor ?? "no advisor"}`;
}

import { baseVersion } from "../code/version.js";
import { changesText } from "../report/change-text.js";
import { codeEventText, pairText } from "../report/code-lines.js";
import { trialLine } from "../report/index.js";
import { evidenceFormat } from "../report/trial-line.js";
import type { Store, TrialRecord } from "../store/index.js";
import { adviceByAdvisor, adviceEvents } from "../study/advice-by-advisor.js";
import type { Study } from "../study/study.js";
import type { StudyEvent } from "../study/study-events.js";
import type { Terminal } from "./terminal.js";

/** What progress is told of. */
export type ReportedStudy = Pick<
  Study,
  "id" | "settings" | "space" | "evidence" | "progress" | "advisor" | "versions" | "codeStanding" | "subscribe"
>;
export type ReportedStore = Pick<Store, "trial" | "trials" | "events">;

/** Progress as lines on standard error: for logs, pipes and CI. */
export function plainProgress(
  terminal: Pick<Terminal, "err">,
  study: ReportedStudy,
  store: ReportedStore,
): { close(): void } {
  const unsubscribe = study.subscribe(({ event }) => {
    switch (event.type) {
      case "study.started":
        terminal.err(startLine(study, event));
        break;
      case "trial.finished": {
        const trial = store.trial(study.id, event.trial);
        const line = trialLine(study, trial);
        if (line !== undefined) terminal.err(line);
        const pair = pairLine(study, store, trial);
        if (pair !== undefined) terminal.err(pair);
        break;
      }
      case "trial.requeued":
        terminal.err(`trial ${event.trial} runs again: ${event.reason}`);
        break;
      case "advice.failed":
        terminal.err(failedAdviceLine(study, store, event));
        break;
      case "study.changed":
        terminal.err(`changed: ${changesText(event.changes)}`);
        break;
      case "study.phase":
        if (event.phase === "final") terminal.err(finalLine(study));
        if (event.phase === "search") terminal.err("the search goes on");
        break;
      case "warning":
        terminal.err(`warning: ${event.message}`);
        break;
      case "version.made":
      case "version.decided":
      case "version.refused":
      case "coder.failed":
      case "coder.passed":
      case "move.decided": {
        const text = codeEventText(event);
        if (text !== undefined) terminal.err(`code: ${text}`);
        break;
      }
      default:
    }
  });
  return { close: unsubscribe };
}

function pairLine(
  { id, settings, evidence }: ReportedStudy,
  store: ReportedStore,
  trial: TrialRecord,
): string | undefined {
  if (trial.proposal.pair === undefined) return undefined;
  const text = pairText(trial, store.trials(id), settings.objective, evidenceFormat(evidence));
  return text === undefined ? undefined : `code: ${text}`;
}

/** The first of an advisor says what happens now; those that follow say how many it have become. */
function failedAdviceLine(
  study: ReportedStudy,
  store: ReportedStore,
  { failure, message }: Extract<StudyEvent, { type: "advice.failed" }>,
): string {
  const advisor = study.advisor ?? "unknown";
  const advice = adviceByAdvisor(store.events(study.id, { types: adviceEvents }))[advisor];
  const said = message.replace(/[.!?]?$/, ".");
  if (advice === undefined || advice.failed === 1) {
    return `advisor ${advisor} gave no answer (${failure}): ${said} The optimizer's proposal runs instead, now and whenever this happens.`;
  }
  return `advisor gave no answer (${failure}), ${advice.failed} of ${advice.turns} turns: ${said}`;
}

function finalLine({ evidence, settings, space, codeStanding }: ReportedStudy): string {
  const { incumbent } = evidence;
  if (incumbent === undefined) {
    const why = evidence.completeGroups > 0 ? "no trial can be the answer" : "no trial completed";
    return `search done; ${why}, so there is nothing to run on fresh seeds`;
  }
  if (settings.noise.finalSeeds === 0) return "search done; no final runs are wanted (noise.final_seeds is 0)";
  const head = codeStanding?.head ?? baseVersion;
  const isDefault = head === baseVersion && incumbent.group === evidence.group(space.defaults());
  const answer = head === baseVersion ? "the answer" : `the answer, which is on code ${head},`;
  return `search done; running ${isDefault ? "the answer, which is the default," : `${answer} and the default`} on fresh seeds`;
}

function startLine(
  study: ReportedStudy,
  {
    resumed,
    advisor,
    optimizer,
  }: { readonly resumed: boolean; readonly advisor: string | null; readonly optimizer: string },
): string {
  const { budget, name, code } = study.settings;
  const size =
    budget.trials === undefined ? `${budget.seconds} s` : `${budget.trials} trial${budget.trials === 1 ? "" : "s"}`;
  return `${resumed ? "resuming" : "starting"} study ${name} (${study.id}): ${size}, ${optimizer} with ${advisor ?? "no advisor"}${code === undefined ? "" : `, editing ${code.editable.join(", ")}`}`;
}

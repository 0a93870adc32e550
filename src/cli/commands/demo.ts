import { cpus } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../llm/package-root.js";
import type { RunChoice } from "../choices.js";
import { storeFolderName } from "../surroundings.js";
import type { Terminal } from "../terminal.js";
import { overridesOf, readStudyFile, startAndCarryOut } from "./run.js";

/** What fits into a minute and a half on two cores; whoever wants more says so. */
const usual = { trials: 36, time: "55s" } as const;

/** `agent-tune demo`: a real study of the bundled character language model, in the folder where one stands. */
export async function demo(terminal: Terminal, options: RunChoice): Promise<void> {
  const path = join(packageRoot(), "examples", "char-lm", "agent-tune.yaml");
  const parallel = Math.min(2, cpus().length);
  const overrides = overridesOf({ ...usual, parallel, ...options });
  terminal.err(
    `Tunes a small language model that really trains: ${overrides.trials} trials or ${overrides.time} s, then the answer and the default on fresh seeds.`,
  );
  await startAndCarryOut(terminal, options, join(terminal.cwd, storeFolderName), {
    path,
    text: readStudyFile(path),
    overrides,
  });
}

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import { Store } from "../store/index.js";
import type { Surroundings } from "../study/session.js";
import type { Terminal } from "./terminal.js";

export const storeFolderName = ".agent-tune";

/**
 * What a study needs of this process.
 *
 * @param replay absolute path of a recording to answer from
 */
export function surroundingsOf(terminal: Terminal, store: Store, replay?: string): Surroundings {
  return {
    store,
    env: terminal.env,
    holder: { pid: process.pid, host: hostname() },
    nonce: randomUUID,
    ...(replay === undefined ? {} : { replay }),
  };
}

/**
 * The nearest `.agent-tune` folder, from the given folder upwards, as git finds its repository.
 *
 * @throws AgentTuneError `study_unknown`
 */
export function findStoreFolder(terminal: Terminal, directory: string | undefined): string {
  const start = resolve(terminal.cwd, directory ?? ".");
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, storeFolderName);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new AgentTuneError("study_unknown", {
    message: "There is no study here.",
    where: start,
    remedy: "Go to the folder with agent-tune.yaml, or start a study with agent-tune run.",
  });
}

/** Opens the store only to look, and closes it whatever happens. */
export function reading<Result>(
  terminal: Terminal,
  directory: string | undefined,
  read: (store: Store) => Result,
): Result {
  const store = Store.open(findStoreFolder(terminal, directory), { readonly: true });
  try {
    return read(store);
  } finally {
    store.close();
  }
}

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import type { Whereabouts } from "../report/command-text.js";
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
  const found = nearestStoreFolder(start);
  if (found !== undefined) return found;
  throw new AgentTuneError("study_unknown", {
    message: "There is no study here.",
    where: start,
    remedy: "Go to the folder with agent-tune.yaml, or start a study with agent-tune run.",
  });
}

function nearestStoreFolder(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, storeFolderName);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** What a command that is typed here must be told to find the study again. */
export function whereabouts(terminal: Terminal, store: Store, id: string): Whereabouts {
  const folder = dirname(store.folder);
  const here = nearestStoreFolder(terminal.cwd) === store.folder;
  const path = relative(terminal.cwd, folder);
  return {
    study: store.findStudy().id === id ? undefined : id,
    folder: here ? undefined : path.length < folder.length ? path : folder,
  };
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

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder, dataVariable, findData, readVerified } from "./data-folder.js";
import { type Download, DownloadError, httpDownload, type Received } from "./download.js";
import { type ServedSource, servedSources, type UnservedSource, unservedSources } from "./sources.js";

/*
 * Brings the data of tasks into the cache, as far as it is served in the form in which it is read: `agent-tune eval
 * fetch`.
 */

/** What happens to one file. */
export type FetchEvent =
  | { readonly kind: "present"; readonly path: string; readonly file: string }
  | { readonly kind: "started"; readonly path: string; readonly url: string }
  | ({ readonly kind: "received"; readonly path: string } & Received)
  | { readonly kind: "downloaded"; readonly path: string; readonly file: string }
  /** It could not be had this time. */
  | { readonly kind: "failed"; readonly path: string; readonly message: string }
  /** It cannot be had by download at all. */
  | { readonly kind: "unavailable"; readonly path: string; readonly message: string };

/** Paths below the data folder, by what came of them. */
export interface Fetched {
  readonly downloaded: readonly string[];
  readonly present: readonly string[];
  readonly failed: readonly { readonly path: string; readonly message: string }[];
  readonly unavailable: readonly { readonly path: string; readonly message: string }[];
}

export interface FetchOptions {
  /** Where files go. */
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly download?: Download;
  readonly report?: (event: FetchEvent) => void;
  readonly served?: readonly ServedSource[];
  readonly unserved?: readonly UnservedSource[];
}

/**
 * Downloads every file that is missing and served. One that fails does not keep the others from coming; none is ever
 * there in part, and none with another content than the one that results were recorded with.
 */
export async function fetchAll({
  env = process.env,
  folder = cacheFolder(env),
  download = httpDownload(),
  report = () => {},
  served = servedSources,
  unserved = unservedSources,
}: FetchOptions = {}): Promise<Fetched> {
  const events: FetchEvent[] = [];
  const tell = (event: FetchEvent): void => {
    events.push(event);
    report(event);
  };
  for (const source of served) {
    const { path } = source;
    const copy = presentCopy(source, folder, env);
    if (copy?.intact === true) tell({ kind: "present", path, file: copy.file });
    else if (copy !== undefined && copy.file !== join(folder, path)) {
      // Found before what would be downloaded.
      const message = `${copy.file} is another version of the data. Remove it, or unset ${dataVariable}.`;
      tell({ kind: "failed", path, message: `${message} ${withoutIt(source)}` });
    } else {
      tell({ kind: "started", path, url: source.url });
      try {
        const file = await fetchData(source, folder, download, (progress) =>
          tell({ kind: "received", path, ...progress }),
        );
        tell({ kind: "downloaded", path, file });
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        tell({ kind: "failed", path, message: `${path} could not be had: ${what} ${withoutIt(source)}` });
      }
    }
  }
  for (const source of unserved) {
    const { path, reason, origin } = source;
    // Also under the name that a re-encoded copy has.
    const file = findIn(folder, path, env) ?? findIn(folder, `${path}.gz`, env);
    if (file !== undefined) tell({ kind: "present", path, file });
    else {
      const message = `${path} cannot be downloaded: ${reason}. It comes from ${origin}. ${withoutIt(source)}`;
      tell({ kind: "unavailable", path, message });
    }
  }
  return {
    downloaded: events.flatMap((event) => (event.kind === "downloaded" ? [event.path] : [])),
    present: events.flatMap((event) => (event.kind === "present" ? [event.path] : [])),
    failed: events.flatMap((event) => (event.kind === "failed" ? [event] : [])).map(pathAndMessage),
    unavailable: events.flatMap((event) => (event.kind === "unavailable" ? [event] : [])).map(pathAndMessage),
  };
}

/**
 * Downloads one file, if it is the expected one.
 *
 * @returns the file
 * @throws DownloadError where it does not come whole, or is another one; nothing is there then that was not before
 */
export async function fetchData(
  { path, url, sha256 }: ServedSource,
  folder: string,
  download: Download,
  received: (progress: Received) => void = () => {},
): Promise<string> {
  const file = join(folder, path);
  // Another process may download the same file.
  const part = `${file}.${process.pid}.part`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    const hash = createHash("sha256");
    const writing = await open(part, "w");
    try {
      for await (const piece of download(url, received)) {
        hash.update(piece);
        await writing.write(piece);
      }
    } finally {
      await writing.close();
    }
    const found = hash.digest("hex");
    if (found !== sha256) throw new DownloadError(`${url} has sha256 ${found}, not ${sha256}. Nothing was kept.`);
    renameSync(part, file);
    return file;
  } finally {
    rmSync(part, { force: true });
  }
}

function findIn(folder: string, path: string, env: NodeJS.ProcessEnv): string | undefined {
  return findData(path, env) ?? findData(path, { ...env, [dataVariable]: folder });
}

function presentCopy(
  { path, sha256 }: ServedSource,
  folder: string,
  env: NodeJS.ProcessEnv,
): { readonly file: string; readonly intact: boolean } | undefined {
  const file = findIn(folder, path, env);
  if (file === undefined) return undefined;
  try {
    readVerified(file, sha256);
    return { file, intact: true };
  } catch {
    return { file, intact: false };
  }
}

function withoutIt({ tasks }: { readonly tasks: string }): string {
  return `Without it, ${tasks} is skipped.`;
}

function pathAndMessage({ path, message }: { readonly path: string; readonly message: string }) {
  return { path, message };
}

/** A line for each event that says something new; progress is left out. */
export function fetchLine(event: FetchEvent): string | undefined {
  switch (event.kind) {
    case "present":
      return `already there: ${event.file}`;
    case "started":
      return `downloading ${event.url}`;
    case "received":
      return undefined;
    case "downloaded":
      return `downloaded: ${event.file}`;
    case "failed":
    case "unavailable":
      return event.message;
  }
}

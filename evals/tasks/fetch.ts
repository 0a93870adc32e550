/**
 * Downloads the data that has a pinned source into ~/.cache/agent-tune/data, verified.
 *
 *   npm run build && node dist/evals/tasks/fetch.js
 *
 * The tables (FCNet, HPOBench, NAS-Bench-201) have no such source: what is published are Python pickles. A folder
 * with the re-encoded tables is named by AGENT_TUNE_EVAL_DATA; without it these tasks are skipped.
 */
import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder, findData } from "./data-folder.js";
import { type DataSource, dataSources } from "./sources.js";

/**
 * Downloads one file, if it is the expected one.
 *
 * @param download the address's content
 * @throws Error where the source has no address, or the content is another; nothing is written then
 */
export async function fetchData(
  { path, url, sha256 }: DataSource,
  folder: string,
  download: (url: string) => Promise<Uint8Array>,
): Promise<string> {
  if (url === undefined) throw new Error(`${path} cannot be downloaded: no address is known.`);
  const bytes = await download(url);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${url} has sha256 ${found}, not ${sha256}. Nothing was kept.`);
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);
  return file;
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${response.statusText}.`);
  return new Uint8Array(await response.arrayBuffer());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const source of dataSources) {
    const present = findData(source.path);
    const file = present ?? (await fetchData(source, cacheFolder(), download));
    process.stdout.write(`${present === undefined ? "downloaded" : "already there"}: ${file}\n`);
  }
}

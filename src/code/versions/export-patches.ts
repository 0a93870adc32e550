import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AgentTuneError } from "../../errors.js";
import { diskError } from "../../store/index.js";
import type { VersionStep } from "./apply-versions.js";
import type { Git } from "./git.js";

export interface ExportOptions {
  /** Where the patches go; made where it is missing. */
  readonly folder: string;
  /** In order; each is the parent of the next, and the first was made from the first version. */
  readonly steps: readonly VersionStep[];
}

/**
 * Writes one patch for each step, for `git am` at the top of the person's repository, or `patch -p1`. No file is
 * overwritten: where one is there, none is written.
 *
 * @param versions git at the study's repository
 * @param base commit of the first version
 * @param prefix where the code lies in the person's repository: "" or "sub/folder/"
 * @returns absolute paths
 * @throws AgentTuneError `code_not_applicable` where a file is there already, `store_full`, `store_unwritable`
 */
export async function exportPatches(
  versions: Git,
  base: string,
  prefix: string,
  identity: { readonly name: string; readonly email: string },
  options: ExportOptions,
): Promise<readonly string[]> {
  const folder = resolve(options.folder);
  const patches: { path: string; patch: Buffer }[] = [];
  let before = base;
  for (const [index, step] of options.steps.entries()) {
    const at = Number(await versions.line(["log", "-1", "--format=%at", step.commit])) * 1_000;
    const input = `${step.message.replaceAll("\0", "").trim()}\n`;
    const of = ["commit-tree", `${step.commit}^{tree}`, "-p", before, "-F", "-"];
    const commit = await versions.line(of, { input, identity, at });
    const prefixes = [`--src-prefix=a/${prefix}`, `--dst-prefix=b/${prefix}`];
    const form = ["--stdout", "--no-signature", "--full-index", "--binary", "--no-renames", "--no-stat"];
    const { bytes } = await versions.run(["format-patch", "-1", ...form, ...prefixes, commit]);
    patches.push({ path: join(folder, fileName(index + 1, step)), patch: bytes });
    before = step.commit;
  }
  for (const { path } of patches) if (existsSync(path)) throw taken(path);
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path, patch } of patches) writeFileSync(path, patch, { flag: "wx" });
  } catch (error) {
    throw diskError(error, folder);
  }
  return patches.map(({ path }) => path);
}

/** `0001-v3-rotary-embeddings.patch` */
function fileName(number: number, { id, message }: VersionStep): string {
  const words = (message.split("\n")[0] ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50);
  return `${[String(number).padStart(4, "0"), id, words.replace(/^-+|-+$/g, "")].filter((part) => part !== "").join("-")}.patch`;
}

function taken(path: string): AgentTuneError {
  return new AgentTuneError("code_not_applicable", {
    message: `${path} exists already; no patch was written.`,
    where: path,
    remedy: "Name an empty folder.",
  });
}

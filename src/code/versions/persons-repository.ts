import type { Git } from "./git.js";

/** The git repository that a person's folder lies in. */
export interface PersonsRepository {
  /** Absolute path of its working tree. */
  readonly top: string;
  /** The folder as seen from there: "" for the top itself, else "sub/folder/". */
  readonly prefix: string;
}

/**
 * @param git at the person's folder, with their settings
 * @returns undefined where the folder lies in no working tree
 */
export async function findRepository(git: Git): Promise<PersonsRepository | undefined> {
  const top = await git.run(["rev-parse", "--show-toplevel"], { accept: [0, 128] });
  if (top.code === 0) return { top: withoutLineEnd(top.text), prefix: await git.line(["rev-parse", "--show-prefix"]) };
  if (/not a git repository|must be run in a work tree/.test(top.complaint)) return undefined;
  // Anything else, such as a damaged repository, is for the person to know: this asks again and throws.
  await git.run(["rev-parse", "--show-toplevel"]);
  return undefined;
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

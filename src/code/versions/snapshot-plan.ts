import {
  accessSync,
  constants,
  type Dirent,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { dirname, isAbsolute, join, posix, relative, sep } from "node:path";
import { AgentTuneError } from "../../errors.js";

/** Something of the person's folder that is no part of the versions, but that their code may need to run. */
export interface Link {
  /** Where it appears in a checkout: relative, "/" separated. */
  readonly path: string;
  /** Absolute path in the person's folder. */
  readonly target: string;
}

/** What of a folder becomes the first version, and what every checkout only links to. */
export interface SnapshotPlan {
  /** Relative, "/" separated, sorted: regular files and symbolic links. */
  readonly files: readonly string[];
  readonly links: readonly Link[];
  /** One sentence for each thing that a person may miss in a checkout. */
  readonly notes: readonly string[];
}

export interface SnapshotLimits {
  /** Larger files are linked. */
  readonly fileBytes: number;
  readonly files: number;
  readonly bytes: number;
}

export const snapshotLimits: SnapshotLimits = { fileBytes: 20_000_000, files: 20_000, bytes: 1_000_000_000 };

/** Of git, of agent-tune, secrets, and what Python would write into the person's folder through a link. */
const never = /^(?:\.git|\.agent-tune|\.env.*|__pycache__)$/i;

const secrets = /^\.env/i;

/** Installed software: no code of the person's, linked as a whole. */
const installed: ReadonlySet<string> = new Set([".venv", "node_modules"]);

/**
 * Decides about every file of a person's folder. Reads the folder, changes nothing.
 *
 * @param folder absolute, without symbolic links in it
 * @param listed files that are tracked, or untracked and not ignored, as git lists them: "/" separated, a nested
 * repository ends in "/"
 * @param excluded absolute paths that no version and no link may show: holdout data, the study's own folder
 * @throws AgentTuneError `code_folder_unfit` where there is nothing to version, or far too much
 */
export function planSnapshot(
  folder: string,
  listed: readonly string[],
  excluded: readonly string[],
  limits: SnapshotLimits = snapshotLimits,
): SnapshotPlan {
  const secret = new Excluded(folder, excluded);
  const notes: string[] = [];
  const files: string[] = [];
  const environments = listed
    .filter((path) => posix.basename(path) === "pyvenv.cfg" && path.includes("/"))
    .map((path) => `${posix.dirname(path)}/`);
  const realFolders = new RealFolders(folder);
  let bytes = 0;

  for (const path of [...new Set(listed)].sort()) {
    if (path.includes("\uFFFD")) {
      notes.push(`${JSON.stringify(path)} is left out: its name is not UTF-8.`);
      continue;
    }
    const parts = path.split("/");
    if (path.endsWith("/") || parts.some((part) => never.test(part) || installed.has(part))) continue;
    if (environments.some((environment) => path.startsWith(environment)) || secret.covers(path)) continue;
    const stat = lstat(join(folder, path));
    if (stat === undefined || !realFolders.has(dirname(path))) continue;
    if (stat.isSymbolicLink()) {
      if (pointsInside(path, readlinkSync(join(folder, path)))) files.push(path);
    } else if (stat.isFile() && readable(join(folder, path))) {
      if (stat.size > limits.fileBytes) {
        notes.push(`${path} has ${Math.round(stat.size / 1e6)} MB: it is linked and no part of the versions.`);
        continue;
      }
      files.push(path);
      bytes += stat.size;
    }
  }
  if (files.length === 0)
    throw unfit(folder, "holds no file that could be versioned", "Name the folder with your code.");
  if (files.length > limits.files || bytes > limits.bytes) {
    throw unfit(
      folder,
      `holds ${files.length} files with ${Math.round(bytes / 1e6)} MB that are not ignored, too much for versions of code`,
      "List data and results in a .gitignore file there: what is ignored is linked into a version, not copied.",
    );
  }
  return { files, ...links(folder, files, secret, notes) };
}

/**
 * Links to all that is in the folder, but not in `files`. A folder is linked as a whole where no file is taken from it
 * and no secret lies right in it; it is not searched further down, as it may hold millions of files.
 */
function links(
  folder: string,
  files: readonly string[],
  secret: Excluded,
  before: readonly string[],
): Pick<SnapshotPlan, "links" | "notes"> {
  const taken = new Set(files);
  const opened = foldersOf(files);
  const found: Link[] = [];
  const notes = [...before];

  const visit = (at: string): void => {
    for (const entry of entriesOf(join(folder, at))) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (taken.has(path) || never.test(entry.name) || path.includes("\uFFFD") || secret.covers(path)) continue;
      const target = join(folder, path);
      const holdsSecret = () => entriesOf(target).some(({ name }) => secrets.test(name));
      if (entry.isDirectory() && (opened.has(path) || secret.isBelow(path) || holdsSecret())) visit(path);
      else if (entry.isDirectory() || entry.isFile()) found.push({ path, target });
      else if (entry.isSymbolicLink()) {
        const problem = secret.problemOfLink(target);
        if (problem === undefined) {
          found.push({ path, target });
          notes.push(
            `${path} is a symbolic link that leads out of the folder: it is linked and no part of the versions.`,
          );
        } else notes.push(`${path} is a symbolic link and left out: ${problem}.`);
      } else notes.push(`${path} is left out: it is a socket, pipe or device.`);
    }
  };
  visit("");
  return { links: found, notes };
}

/** Every folder that lies on the way to one of the paths, relative and "/" separated. */
export function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = posix.dirname(path); at !== "." && !folders.has(at); at = posix.dirname(at)) folders.add(at);
  }
  return folders;
}

/**
 * Whether a symbolic link leads to something within the tree wherever the tree stands. ".." is followed at its start
 * only: after a name it goes up from wherever that name leads.
 */
export function pointsInside(path: string, target: string): boolean {
  if (isAbsolute(target) || target === "" || /^[A-Za-z]:|\\/.test(target)) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.findIndex((part) => part !== "..");
  if (name !== -1 && parts.includes("..", name)) return false;
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  return end !== ".." && !end.startsWith("../");
}

/** The paths that nothing may show, in the folder or anywhere a link leads. */
class Excluded {
  readonly #folder: string;
  readonly #paths: readonly string[];

  constructor(folder: string, paths: readonly string[]) {
    this.#folder = folder;
    this.#paths = [...new Set(paths.flatMap((path) => [path, realPath(path) ?? path]))];
  }

  /** Whether the path of the folder is excluded itself or lies in something that is. */
  covers(path: string): boolean {
    return this.#paths.some((excluded) => contains(excluded, join(this.#folder, path)));
  }

  /** Whether something excluded lies in the folder's path. */
  isBelow(path: string): boolean {
    return this.#paths.some((excluded) => contains(join(this.#folder, path), excluded));
  }

  /** Why a symbolic link that leads out of the folder may not be followed, or undefined where it may. */
  problemOfLink(link: string): string | undefined {
    const end = realPath(link);
    if (end === undefined) return "it leads to nothing";
    if (contains(end, this.#folder)) return "it leads to a folder that this one is in";
    if (end.split(sep).some((part) => never.test(part))) return "it leads to something that no version may show";
    const shows = this.#paths.some((excluded) => contains(excluded, end) || contains(end, excluded));
    return shows ? "it leads to something that no version may show" : undefined;
  }
}

/** Knows which folders of the tree are folders all the way, and reached by no symbolic link. */
class RealFolders {
  readonly #root: string;
  readonly #known = new Map<string, boolean>([[".", true]]);

  constructor(root: string) {
    this.#root = root;
  }

  has(path: string): boolean {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const real = this.has(dirname(path)) && lstat(join(this.#root, path))?.isDirectory() === true;
    this.#known.set(path, real);
    return real;
  }
}

/** Whether `inner` is `outer` or lies in it; both absolute. */
function contains(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Undefined where it has gone since it was listed, or was deleted but is tracked. */
function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Nothing for a folder that may not be read: then there is nothing in it to link either. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function unfit(folder: string, what: string, remedy: string): AgentTuneError {
  return new AgentTuneError("code_folder_unfit", { message: `${folder} ${what}.`, where: folder, remedy });
}

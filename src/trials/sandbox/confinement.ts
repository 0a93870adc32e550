import type { PreparedCommand } from "../pass/prepare.js";

/** What a confined command may see and use. All paths are absolute. */
export interface Confinement {
  /** Folders in which it may write. */
  readonly writable: readonly string[];
  /** Folders and files that it may read even where they stand below something hidden or writable. */
  readonly readable: readonly string[];
  /** Folders and files that look empty, besides the usual places of credentials. Need not exist. */
  readonly hidden: readonly string[];
  /** An empty folder of its own, which stands where temporary files go. Whoever made it removes it. */
  readonly temporary: string;
  readonly network: boolean;
  /** Device nodes of the GPUs that it was given. Need not exist. */
  readonly devices: readonly string[];
  readonly limits: ConfinementLimits;
}

export interface ConfinementLimits {
  /** Largest file it may write, in bytes. */
  readonly fileBytes?: number;
  /** Descriptors that one process may have open. */
  readonly openFiles?: number;
  /** Processor time of one process, in seconds. */
  readonly cpuSeconds?: number;
  /** Processes and threads at once. */
  readonly tasks?: number;
  /** Memory in bytes, for what the kernel can hold to it: shared memory, a container. */
  readonly memoryBytes?: number;
}

/**
 * What a sandbox can enforce. `files`: nothing is written outside the writable folders; `network`: no connection, not
 * even to this machine; `processes`: none outlives the command; `hidden`: hidden paths cannot be read; `limits`: sizes
 * and numbers are held by the kernel.
 */
export const protections = ["files", "network", "processes", "hidden", "limits"] as const;
export type Protection = (typeof protections)[number];

/** What was found to be enforced, by trying. */
export interface SandboxLevel {
  readonly kind: "bubblewrap" | "sandbox-exec" | "container" | "none";
  readonly enforces: readonly Protection[];
  /** One sentence for the person: version, and what is weaker than usual. */
  readonly detail: string;
}

/** Wraps commands so that they run confined. */
export interface Sandbox {
  readonly level: SandboxLevel;
  /** The same command, confined. Files that the wrapping needs are written to the confinement's temporary folder. */
  wrap(prepared: PreparedCommand, confinement: Confinement): Promise<PreparedCommand>;
  /** Ends what may be left of an attempt outside this machine's process table. Present where there is such a thing. */
  release?(mark: string): Promise<void>;
}

/** The level in words, as it is stored with a trial: `bubblewrap: files, network, processes, hidden, limits`. */
export function levelInWords({ kind, enforces }: SandboxLevel): string {
  return kind === "none" ? "none" : `${kind}: ${enforces.length === 0 ? "nothing" : enforces.join(", ")}`;
}

import type { ConfinementLimits } from "./confinement.js";

/** Hard limits of this very process, which no other limit may exceed. */
export interface HardLimits {
  readonly fileBytes: number;
  readonly openFiles: number;
  readonly cpuSeconds: number;
  readonly tasks: number;
}

export const unlimited: HardLimits = {
  fileBytes: Number.POSITIVE_INFINITY,
  openFiles: Number.POSITIVE_INFINITY,
  cpuSeconds: Number.POSITIVE_INFINITY,
  tasks: Number.POSITIVE_INFINITY,
};

/** Reads /proc/PID/limits (proc(5)). A limit that is not in it counts as unlimited. */
export function parseHardLimits(text: string): HardLimits {
  const hard = (name: string): number => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, "m").exec(text)?.[1];
    return value === undefined ? Number.POSITIVE_INFINITY : Number(value);
  };
  return {
    fileBytes: hard("Max file size"),
    openFiles: hard("Max open files"),
    cpuSeconds: hard("Max cpu time"),
    tasks: hard("Max processes"),
  };
}

/**
 * Words that go before a command so that it runs under limits of the kernel (prlimit(1)). No core is ever dumped. A
 * limit above the hard one is cut to it, because asking for more is an error.
 *
 * @param prlimit absolute path of the program
 * @param asRoot the number of tasks is left out, since the kernel does not hold root to it
 */
export function limitWords(
  prlimit: string,
  limits: ConfinementLimits,
  hard: HardLimits,
  asRoot: boolean,
): readonly string[] {
  const option = (name: string, wanted: number | undefined, most: number) =>
    wanted === undefined ? [] : [`--${name}=${Math.floor(Math.min(wanted, most))}`];
  return [
    prlimit,
    "--core=0",
    ...option("fsize", limits.fileBytes, hard.fileBytes),
    ...option("nofile", limits.openFiles, hard.openFiles),
    ...option("cpu", limits.cpuSeconds, hard.cpuSeconds),
    ...(asRoot ? [] : option("nproc", limits.tasks, hard.tasks)),
    "--",
  ];
}

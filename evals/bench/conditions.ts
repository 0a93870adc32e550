import { cpus, loadavg, release, type } from "node:os";

/** What has to be known to judge a measurement: where it ran, and what else ran there. */
export interface Conditions {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly cores: number;
  readonly processor: string;
  readonly system: string;
  /** One-minute load averages at the start and at the end; above the number of cores, wall time means little. */
  readonly load: readonly [start: number, end: number];
}

/** Call at the start; the function it returns, at the end. */
export function conditions(command: string): () => Conditions {
  const [atStart = 0] = loadavg();
  return () => ({
    date: new Date().toISOString(),
    command,
    node: process.versions.node,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    system: `${type()} ${release()}`,
    load: [Number(atStart.toFixed(1)), Number((loadavg()[0] ?? 0).toFixed(1))],
  });
}

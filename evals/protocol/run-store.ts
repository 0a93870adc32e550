import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { type Job, type Run, runSchema } from "./run.js";

const entrySchema = runSchema.extend({ code: z.string() });

function keyOf({ task, method, seed, trials, time, workers = 1 }: Job): string {
  return JSON.stringify([task, method, seed, trials, time, workers]);
}

/**
 * Finished runs, one line of JSON each, so that an evaluation that was stopped goes on where it was. A run belongs to
 * the version of the code that made it; runs of other versions stay in the file and are not used.
 */
export class RunStore {
  private readonly runs = new Map<string, Run>();
  /** Whether the last line was left half written: the next one must not be joined to it. */
  private cutOff = false;

  /**
   * @param codeOf version of a method's code, see code-version.ts
   * @param anyCode whether runs of other versions count too
   */
  constructor(
    private readonly path: string,
    private readonly codeOf: (method: string) => string,
    anyCode = false,
  ) {
    if (!existsSync(path)) return;
    const text = readFileSync(path, "utf8");
    this.cutOff = text !== "" && !text.endsWith("\n");
    for (const line of text.split("\n")) {
      const entry = parseEntry(line);
      if (entry && (anyCode || entry.code === codeOf(entry.method))) this.runs.set(keyOf(entry), entry);
    }
  }

  find(job: Job): Run | undefined {
    return this.runs.get(keyOf(job));
  }

  add(run: Run): void {
    this.runs.set(keyOf(run), run);
    mkdirSync(dirname(this.path), { recursive: true });
    appendFileSync(
      this.path,
      `${this.cutOff ? "\n" : ""}${JSON.stringify({ ...run, code: this.codeOf(run.method) })}\n`,
    );
    this.cutOff = false;
  }
}

/** Undefined for the last line of a process that was stopped while it wrote. */
function parseEntry(line: string): z.infer<typeof entrySchema> | undefined {
  if (line === "") return undefined;
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

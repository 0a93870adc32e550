import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RandomStream } from "../src/math/random.js";
import { agentTune, processesWith, projectFolder, start } from "./cli.js";

const trialsSchema = z.object({
  trials: z.array(
    z.object({
      number: z.number(),
      state: z.string(),
      seed: z.number(),
      attempt: z.number(),
      proposal: z.object({ configuration: z.record(z.string(), z.unknown()), origin: z.string(), purpose: z.string() }),
      outcome: z.object({ kind: z.string(), value: z.number().optional() }).optional(),
    }),
  ),
});

async function trials(cwd: string): Promise<z.infer<typeof trialsSchema>["trials"]> {
  const { stdout } = await agentTune(["trials", "--json"], { cwd });
  return trialsSchema.parse(JSON.parse(stdout)).trials;
}

/** What an undisturbed run must have in common with a disturbed one: everything but the number of attempts. */
function fingerprint(all: Awaited<ReturnType<typeof trials>>): readonly unknown[] {
  return all.map(({ attempt: _, ...rest }) => rest);
}

const kills = Number(process.env["AGENT_TUNE_KILLS"] ?? 8);

describe("kill -9 of the controller at any moment", () => {
  it(
    `loses no acknowledged trial, leaves no process, and goes on as if nothing had happened (${kills} kills)`,
    async () => {
      const undisturbed = projectFolder("toy");
      expect(await agentTune(["run"], { cwd: undisturbed })).toMatchObject({ code: 0 });
      const expected = fingerprint(await trials(undisturbed));

      const random = RandomStream.fromSeed(20261120);
      let killed = 0;
      while (killed < kills) {
        const cwd = projectFolder("toy");
        const env = { TOY_MARK: `kill-test-${process.pid}-${killed}` };
        let acknowledged = 0;
        for (let session = 0; ; session++) {
          const running = start(session === 0 ? ["run"] : ["resume"], { cwd, env });
          // Counted from the first sign of life, so that a slow machine is killed as often in its work as a fast one.
          const delay = random.integer(700);
          let timer: NodeJS.Timeout | undefined;
          running.process.stderr?.once("data", () => {
            timer = setTimeout(() => running.process.kill("SIGKILL"), delay);
          });
          const { code, stderr } = await running.ended;
          clearTimeout(timer);
          if (code === 0) break;
          killed++;
          // Whatever was shown as finished is there, whenever the kill came.
          const shown = Math.max(
            acknowledged,
            ...[...stderr.matchAll(/trial (\d+) .*loss/g)].map((match) => Number(match[1]) + 1),
          );
          if (shown > 0) {
            const stored = await trials(cwd);
            acknowledged = stored.filter(({ state }) => state === "finished").length;
            expect(acknowledged).toBeGreaterThanOrEqual(shown);
            expect(session).toBeLessThan(40);
          }
        }
        expect(fingerprint(await trials(cwd))).toEqual(expected);
        expect(processesWith(env.TOY_MARK)).toEqual([]);
      }
    },
    60_000 + 15_000 * kills,
  );
});

import { describe, expect, it } from "vitest";
import { RandomStream } from "../src/math/random.js";
import { agentTune, processesWith, projectFolder, start, trialsOf, undisturbed } from "./cli.js";

const kills = Number(process.env["AGENT_TUNE_KILLS"] ?? 8);

describe("kill -9 of the controller at any moment", () => {
  it(
    `loses no acknowledged trial, leaves no process, and goes on as if nothing had happened (${kills} kills)`,
    async () => {
      const whole = projectFolder("toy");
      expect(await agentTune(["run"], { cwd: whole })).toMatchObject({ code: 0 });
      const expected = undisturbed(await trialsOf(whole));

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
            const stored = await trialsOf(cwd);
            acknowledged = stored.filter(({ state }) => state === "finished").length;
            expect(acknowledged).toBeGreaterThanOrEqual(shown);
            expect(session).toBeLessThan(40);
          }
        }
        expect(undisturbed(await trialsOf(cwd))).toEqual(expected);
        expect(processesWith(env.TOY_MARK)).toEqual([]);
      }
    },
    60_000 + 15_000 * kills,
  );
});

import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { summarySchema } from "../src/study/summary.js";
import { agentTune, contentOf, edit, inProcess, projectFolder } from "./cli.js";

const hasPython = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;
const example = join(import.meta.dirname, "..", "examples", "digits-python");

describe.skipIf(!hasPython)("agent-tune run on the digits example", () => {
  it("rewrites the constants in a copy for each trial and leaves the folder as it was", async () => {
    const cwd = projectFolder();
    cpSync(example, cwd, {
      recursive: true,
      filter: (path) => !path.includes("__pycache__") && !path.includes(".agent-tune"),
    });
    edit(join(cwd, "agent-tune.yaml"), "budget:", "noise: { replicates: off, final_seeds: 1 }\n\nbudget:");
    const before = contentOf(cwd);
    const { code, stdout, stderr } = await agentTune(
      ["run", "--json", "--advisor", "none", "--trials", "3", "--parallel", "2"],
      { cwd },
    );
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("[3/3]") });
    const summary = summarySchema.parse(JSON.parse(stdout));
    expect(summary).toMatchObject({ objective: { metric: "val_error" }, trials: { search: 3 } });
    expect(summary.default?.fresh?.mean).toBeLessThan(20);

    expect(
      Object.fromEntries(Object.entries(contentOf(cwd)).filter(([path]) => !path.startsWith(".agent-tune"))),
    ).toEqual(before);

    // Trial 1 ran a copy whose constants, read back with Python's own parser, are its configuration and its seed.
    const { proposal, seed } = z
      .object({
        seed: z.number(),
        proposal: z.object({ configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])) }),
      })
      .parse(JSON.parse((await inProcess(["show", "1", "--json"], { cwd })).stdout));
    const trial = join(cwd, ".agent-tune", "studies", summary.study.id, "trials", "0001", "attempt-1");
    const copy = readdirSync(trial, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("train.py"));
    expect(copy).toBeDefined();
    const constants =
      "import ast,json,sys; print(json.dumps({n.targets[0].id: ast.literal_eval(n.value) for n in ast.parse(open(sys.argv[1]).read()).body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)}))";
    const read = spawnSync("python3", ["-c", constants, join(trial, copy ?? "")], { encoding: "utf8" });
    expect(JSON.parse(read.stdout)).toMatchObject({ ...proposal.configuration, SEED: seed });
    expect(readFileSync(join(trial, copy ?? ""), "utf8")).not.toBe(before["train.py"]);
  }, 120_000);
});

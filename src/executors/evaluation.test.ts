import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkEvaluation, evaluationMetrics, isolatedPython, prepareEvaluation } from "./evaluation.js";

const root = mkdtempSync(join(tmpdir(), "agent-tune-evaluation-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("Python takes nothing from the outside", () => {
  test.each([
    ["python eval.py", "python -E -s -u eval.py"],
    ["/venv/bin/python3.11 -W error -m evaluate x", "/venv/bin/python3.11 -E -s -u -W error -m evaluate x"],
    ["python eval.py -s -I", "python -E -s -u eval.py -s -I"],
    ["python -I eval.py", "python -I eval.py"],
    ["python -us eval.py", "python -us eval.py"],
    ["python -c print(1) -E", "python -E -s -u -c print(1) -E"],
    ["torchrun eval.py", "torchrun eval.py"],
    ["pythonic eval.py", "pythonic eval.py"],
  ])("%s", (given, wanted) => expect(isolatedPython(given.split(" ")).join(" ")).toBe(wanted));

  test("but for the modules beside the script, which -I would take away", () => {
    writeFileSync(join(root, "neighbour.py"), "value = 'neighbour'");
    writeFileSync(join(root, "eval.py"), "import sys, json\nfrom neighbour import value\nprint(value, json.__file__)");
    const elsewhere = mkdtempSync(join(root, "path-"));
    writeFileSync(join(elsewhere, "json.py"), "");
    const words = isolatedPython(["python3", join(root, "eval.py")]);
    const run = (args: readonly string[]) =>
      execFileSync("python3", args, {
        encoding: "utf8",
        cwd: elsewhere,
        env: { ...process.env, PYTHONPATH: elsewhere },
        stdio: "pipe",
      });
    expect(run(words.slice(1))).toMatch(/^neighbour .*json\/__init__\.py/);
    // Without the flags the module from PYTHONPATH wins, and with -I the neighbour is gone.
    expect(run([join(root, "eval.py")])).toContain(elsewhere);
    expect(() => run(["-I", join(root, "eval.py")])).toThrow(/No module named 'neighbour'/);
  });
});

describe("the command of an evaluation", () => {
  const task = {
    study: "s",
    number: 7,
    attempt: 1,
    configuration: { depth: 3 },
    derived: { width: 64 },
    seed: 5,
    mark: "m",
  };

  test("is filled with the configuration and with what the training left", () => {
    const command = "sh eval.sh {checkpoint} {folder} {project}/held.txt --depth={depth} --width={width} --seed={seed}";
    const prepared = prepareEvaluation(
      { command, sees: "base", checkpoint: "model.pt" },
      { ...task, folder: "/s/7" },
      "/s/7",
      "/home/p",
      "/s/code/v0",
      { PATH: "/bin" },
    );
    expect(prepared.words.join(" ")).toBe(
      "sh eval.sh /s/7/model.pt /s/7 /home/p/held.txt --depth=3 --width=64 --seed=5",
    );
    expect(prepared.cwd).toBe("/s/code/v0");
  });

  test("is checked before anything runs", () => {
    const names = { parameters: ["depth"], derived: [] };
    const check =
      (command: string, parameters = names.parameters) =>
      () =>
        checkEvaluation({ command }, { ...names, parameters });
    expect(check("python eval.py {checkpoint} {depth} {seed}")).not.toThrow();
    expect(check("python eval.py {chekpoint}")).toThrow(/placeholder \{chekpoint\}/);
    expect(check("python eval.py {parameters_file}")).toThrow("An evaluation has no {parameters_file}.");
    expect(check("python eval.py {checkpoint}", ["checkpoint"])).toThrow(/could be the parameter/);
    expect(check("python eval.py {project}", ["project"])).toThrow(/could be the parameter/);
    expect(check("''")).toThrow("The evaluation's command is empty.");
  });

  test("its metrics are read from what it prints, never from a file in the training's folder", () => {
    expect(evaluationMetrics({ from: "file", path: "metrics.json", step: "step" }).from).toBe("lines");
    expect(evaluationMetrics({ from: "json_lines", step: "step" }).from).toBe("json_lines");
  });
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RandomStream } from "../src/math/random.js";
import { SearchDistribution } from "../src/optimizers/cma-es/search-distribution.js";

/** What `npm run conformance` runs; `npm test` builds it first. */
const program = join(import.meta.dirname, "..", "dist", "evals", "conformance.js");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-conformance-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function conformance(...files: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...files], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function write(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
}

/** A few generations of this project's own CMA-ES on the sphere, in the format of a trace. */
function recorded(n: number, populationSize: number, generations: number) {
  const random = RandomStream.fromSeed(n);
  const run = new SearchDistribution({ mean: Array.from({ length: n }, () => 0.5), stepSize: 0.3, populationSize });
  const { gaussian } = run;
  if (!gaussian) throw new Error("a distribution over numbers has a Gaussian");
  return {
    mean0: 0.5,
    sigma0: 0.3,
    params: { popsize: populationSize },
    generations: Array.from({ length: generations }, () => {
      const X = Array.from({ length: populationSize }, () => Array.from(run.sample(random).numeric));
      const f = X.map((x) => x.reduce((sum, v) => sum + v * v, 0));
      run.update(
        X.map((numeric, k) => ({
          numeric,
          categorical: [],
          injected: false,
          evaluation: { kind: "value", value: f[k] ?? Number.NaN },
        })),
      );
      return {
        X,
        f,
        mean: Array.from(gaussian.mean),
        sigma: gaussian.stepSize,
        ps: Array.from(gaussian.pathSigma),
        pc: Array.from(gaussian.pathC),
        C: Array.from({ length: n }, (_, i) => Array.from(gaussian.covariance.slice(i * n, (i + 1) * n))),
      };
    }),
  };
}

describe("the conformance program", () => {
  it("prints a line for each trace of each file and ends with 0 where all are reproduced", () => {
    const one = write("one.json", { _about: "a remark", CMA_sphere_3: recorded(3, 7, 12) });
    const two = write("two.json", { CMA_sphere_2: recorded(2, 6, 3), CMA_sphere_4_again: recorded(4, 9, 5) });
    const { status, stdout, stderr } = conformance(one, two);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [header, ...lines] = stdout.trimEnd().split("\n");
    expect(header?.trim().split(/\s{2,}/)).toEqual([
      "file",
      "trace",
      "variant",
      "generations",
      "deviation",
      "within 1e-9",
    ]);
    expect(lines.slice(0, 3).map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ["one.json", "CMA_sphere_3", "CMA-ES", "12", expect.stringMatching(/^\d\.\de[+-]\d+$/), "yes"],
      ["two.json", "CMA_sphere_2", "CMA-ES", "3", expect.any(String), "yes"],
      ["two.json", "CMA_sphere_4_again", "CMA-ES", "5", expect.any(String), "yes"],
    ]);
    expect(lines[3]).toContain("max |a - b| / max |b|");
  });

  it("reports a trace that deviates, in what and by how much, and ends with 1", () => {
    const right = recorded(3, 7, 12);
    const corrupted = {
      ...right,
      generations: right.generations.map((generation, g) =>
        g === 7 ? { ...generation, sigma: generation.sigma * (1 + 1e-6) } : generation,
      ),
    };
    const { status, stdout, stderr } = conformance(
      write("traces.json", { CMA_right: right, CMA_corrupted: corrupted }),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/CMA_right .* yes\n/);
    expect(stdout).toMatch(/CMA_corrupted .* 1\.0e-6 +NO\n/);
    expect(stderr).toBe("traces.json: CMA_corrupted: deviates in sigma by 1.0e-6\n");
  });

  it("names variants that it does not know, malformed traces and files that it cannot read, each in one line", () => {
    const file = write("traces.json", { VkdCMA_elli_2: recorded(2, 6, 2), CMA_elli_2: { mean0: 0 } });
    const broken = write("broken.json", '{"CMA_elli_2": ');
    const list = write("list.json", []);
    const { status, stdout, stderr } = conformance(file, "missing.json", broken, list);
    expect(status).toBe(1);
    expect(stdout).toMatch(/VkdCMA_elli_2 +not known .* NO\n/);
    expect(stdout).toMatch(/CMA_elli_2 +CMA-ES .* malformed +NO\n/);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "traces.json: VkdCMA_elli_2: a variant that is not known here",
      expect.stringMatching(/^traces\.json: CMA_elli_2: malformed: /),
      expect.stringMatching(/^missing\.json: cannot be read: /),
      expect.stringMatching(/^broken\.json: is not JSON: /),
      "list.json: is not an object of traces",
    ]);
  });

  it("without a file says how it is used and ends with 2", () => {
    const { status, stdout, stderr } = conformance();
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^usage: npm run conformance -- FILE\.\.\.\n/);
  });
});

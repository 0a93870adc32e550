import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/decisions/centaur-published-faults.md", root), "utf8");
const points = page.split("\n").filter((line) => /^\d+\. /.test(line));

it("has a point for each of the 28 faults, with a fault, a decision and a test", () => {
  expect(points.map((point) => Number(point.split(".")[0]))).toEqual(Array.from({ length: 28 }, (_, k) => k + 1));
  for (const point of points) expect(point.split(" → ")).toHaveLength(3);
});

it.each(points.map((point) => [Number(point.split(".")[0]), point] as const))(
  "names tests that exist: point %i",
  (_, point) => {
    const proofs = [...(point.split(" → ")[2] ?? "").matchAll(/`([^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)];
    expect(proofs.length).toBeGreaterThan(0);
    for (const [, file = "", quoted = ""] of proofs) {
      const path = new URL(file, root);
      expect(existsSync(path), file).toBe(true);
      const tests = readFileSync(path, "utf8");
      for (const [, name = ""] of quoted.matchAll(/"([^"]+)"/g)) expect(tests, `${file}: ${name}`).toContain(name);
    }
  },
);

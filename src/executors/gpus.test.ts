import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { gpuAccess } from "./gpus.js";

const driver = mkdtempSync(join(tmpdir(), "agent-tune-driver-"));
afterAll(() => rmSync(driver, { recursive: true, force: true }));
// As the driver writes it. The second on the bus has the minor number 0.
for (const [place, uuid, minor] of [
  ["0000:01:00.0", "GPU-aaaa-1", "1"],
  ["0000:41:00.0", "GPU-bbbb-2", "0"],
] as const) {
  mkdirSync(join(driver, place));
  const text = `Model: \t\t NVIDIA H100\nIRQ:   \t\t 42\nGPU UUID: \t ${uuid}\nDevice Minor: \t ${minor}\n`;
  writeFileSync(join(driver, place, "information"), text);
}
const own = (nodes: readonly string[]) => nodes.filter((node) => /nvidia\d|dri|kfd/.test(node));

test("a GPU by its index: its own node only, and its UUID, since alone it would be number 0", () => {
  const { nodes, visible } = gpuAccess(["1"], driver);
  expect(own(nodes)).toEqual(["/dev/nvidia0"]);
  expect(nodes).toContain("/dev/nvidiactl");
  expect(nodes).toContain("/dev/nvidia-uvm");
  expect(visible).toEqual(["GPU-bbbb-2"]);
});

test("by its UUID, and several", () => {
  expect(own(gpuAccess(["GPU-aaaa-1"], driver).nodes)).toEqual(["/dev/nvidia1"]);
  expect(own(gpuAccess(["0", "1"], driver).nodes)).toEqual(["/dev/nvidia1", "/dev/nvidia0"]);
});

test("a slice of a GPU, which does not say of which", () => {
  const { nodes, visible } = gpuAccess(["MIG-cccc"], driver);
  expect(own(nodes)).toEqual(["/dev/nvidia1", "/dev/nvidia0"]);
  expect(visible).toEqual(["MIG-cccc"]);
});

test("where the driver says nothing, the index is the node", () => {
  expect(gpuAccess(["2"], join(driver, "none"))).toMatchObject({ visible: ["2"] });
  expect(own(gpuAccess(["2"], join(driver, "none")).nodes)).toEqual(["/dev/nvidia2"]);
});

test("none where GPUs are hidden; those of other makers where no NVIDIA GPU was found", () => {
  expect(gpuAccess([], driver)).toEqual({ nodes: [], visible: [] });
  expect(gpuAccess(undefined, driver).nodes).toEqual(["/dev/kfd", "/dev/dri"]);
});

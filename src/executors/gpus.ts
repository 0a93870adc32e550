import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TrialSettings } from "../trials/settings.js";

/**
 * The GPUs that trials may use, as CUDA_VISIBLE_DEVICES names them. `auto` asks nvidia-smi and keeps to what the
 * controller's own CUDA_VISIBLE_DEVICES allows, so that a study inside a job takes no more than the job was given.
 *
 * @returns an empty list where GPUs are to be hidden; undefined where there are none to assign
 */
export async function gpusToUse(
  ids: TrialSettings["gpus"]["ids"],
  parent: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[] | undefined> {
  if (ids === "none") return [];
  if (ids !== "auto") return ids.map(String);
  const allowed = parent.CUDA_VISIBLE_DEVICES;
  // The driver ignores what follows the first entry that is no device, which is how "-1" and "NoDevFiles" hide all.
  const visible = allowed?.split(",").map((id) => id.trim());
  if (visible !== undefined) {
    const end = visible.findIndex((id) => !/^(?:\d+|(?:GPU|MIG)-[\w/-]+)$/.test(id));
    return end === -1 ? visible : visible.slice(0, end);
  }
  const found = await detectGpus(parent.PATH);
  return found.length === 0 ? undefined : found;
}

/** Indices of the GPUs that nvidia-smi lists; none where it is missing, fails or takes longer than 10 s. */
export function detectGpus(path: string | undefined): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(
      "nvidia-smi",
      ["--query-gpu=index", "--format=csv,noheader"],
      { env: path === undefined ? {} : { PATH: path }, timeout: 10_000, killSignal: "SIGKILL" },
      (error, output) => {
        const ids = output.split("\n").map((line) => line.trim());
        resolve(error === null ? ids.filter((id) => /^\d+$/.test(id)) : []);
      },
    );
  });
}

/** What a confined process needs to use its GPUs. */
export interface GpuAccess {
  /** Device nodes, some of which may not be there. */
  readonly nodes: readonly string[];
  /** For CUDA_VISIBLE_DEVICES. */
  readonly visible: readonly string[];
}

/** Every NVIDIA program opens these, whichever GPU it uses. */
const sharedNvidiaNodes = [
  "/dev/nvidiactl",
  "/dev/nvidia-uvm",
  "/dev/nvidia-uvm-tools",
  "/dev/nvidia-modeset",
  "/dev/nvidia-caps",
];
/** AMD and Intel; which of them are whose cannot be told apart here. */
const otherNodes = ["/dev/kfd", "/dev/dri"];

/**
 * The device nodes of some GPUs and of no others. CUDA counts only those that it can open, so that index 3 alone in a
 * sandbox is 0; where the driver says which GPU is which, they are named by their UUIDs, which stay the same.
 *
 * @param ids as CUDA_VISIBLE_DEVICES names them; undefined where no NVIDIA GPU was found
 * @param driver the driver's folder of GPUs, in which each has a folder with its place on the bus
 */
export function gpuAccess(ids: readonly string[] | undefined, driver = "/proc/driver/nvidia/gpus"): GpuAccess {
  if (ids === undefined) return { nodes: otherNodes, visible: [] };
  if (ids.length === 0) return { nodes: [], visible: [] };
  const known = driverGpus(driver);
  const found = ids.map((id) =>
    /^\d+$/.test(id) ? known[Number(id)] : known.find(({ uuid }) => id.startsWith("GPU-") && uuid.startsWith(id)),
  );
  const nodes = ids.flatMap((id, i) => {
    const minor = found[i]?.minor ?? (/^\d+$/.test(id) ? id : undefined);
    // A slice of a GPU (MIG) does not say of which, so it is given all.
    return minor === undefined ? known.map((gpu) => `/dev/nvidia${gpu.minor}`) : [`/dev/nvidia${minor}`];
  });
  return {
    nodes: [...new Set([...nodes, ...sharedNvidiaNodes])],
    visible: ids.map((id, i) => found[i]?.uuid ?? id),
  };
}

/** In the order of the bus, which is that of nvidia-smi. */
function driverGpus(driver: string): readonly { readonly uuid: string; readonly minor: string }[] {
  try {
    return readdirSync(driver)
      .sort()
      .flatMap((place) => {
        const text = readFileSync(join(driver, place, "information"), "utf8");
        const uuid = /^GPU UUID:\s*(GPU-[\w-]+)/m.exec(text)?.[1];
        const minor = /^Device Minor:\s*(\d+)/m.exec(text)?.[1];
        return uuid === undefined || minor === undefined ? [] : [{ uuid, minor }];
      });
  } catch {
    return [];
  }
}

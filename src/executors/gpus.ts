import { execFile } from "node:child_process";
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

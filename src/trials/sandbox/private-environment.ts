/**
 * Programs that must write a cache to work at all, and the variable that says where. Their usual place is below the
 * home folder, which is read-only to confined code.
 */
const caches: Readonly<Record<string, string>> = {
  MPLCONFIGDIR: "matplotlib",
  TRITON_CACHE_DIR: "triton",
  TORCHINDUCTOR_CACHE_DIR: "torchinductor",
  TORCH_EXTENSIONS_DIR: "torch_extensions",
  NUMBA_CACHE_DIR: "numba",
  CUDA_CACHE_PATH: "cuda",
  HF_MODULES_CACHE: "huggingface_modules",
  WANDB_CACHE_DIR: "wandb",
};

/**
 * The environment of a confined command: HOME stays what it is, so that Python's user packages, conda, pyenv and
 * downloaded models are found; temporary files and the caches that have to be written go to the private folder. A
 * value that was there before gives way, since the place it names cannot be written; and a cache of compiled code that
 * two versions could both write would be a way from one to the other.
 *
 * @param temporary absolute path of the private folder as the command sees it
 */
export function privateEnvironment(
  environment: Readonly<Record<string, string>>,
  temporary: string,
): Readonly<Record<string, string>> {
  // Sockets of the session bus and the like; hidden, so nothing should look for them.
  const { XDG_RUNTIME_DIR: _, ...kept } = environment;
  const moved = Object.entries(caches).map(([name, folder]) => [name, `${temporary}/.cache/${folder}`] as const);
  return { ...kept, ...Object.fromEntries(moved), TMPDIR: temporary, TMP: temporary, TEMP: temporary };
}

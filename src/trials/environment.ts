/**
 * The environment of a trial: built from an allow-list, never by taking the parent's and striking things out.
 * Nothing that looks like a secret passes unless the study names it, and keys of model providers never pass.
 */

/** Passed on where the parent has them. A `*` stands for the rest of a name. */
const usualNames = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "TZ",
  "TERM",
  "TMPDIR",
  "TMP",
  "TEMP",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "VIRTUAL_ENV",
  "CONDA_*",
  "MAMBA_*",
  "PYTHON*",
  "PYENV_*",
  "UV_*",
  "JULIA_*",
  "R_*",
  "JAVA_HOME",
  "GOPATH",
  "GOROOT",
  "CARGO_HOME",
  "RUSTUP_HOME",
  "NODE_OPTIONS",
  "NODE_PATH",
  "LD_LIBRARY_PATH",
  "LD_PRELOAD",
  "DYLD_LIBRARY_PATH",
  "LIBRARY_PATH",
  "CPATH",
  "CC",
  "CXX",
  "CUDA_*",
  "CUDNN_*",
  "NVIDIA_*",
  "NCCL_*",
  "ROCM_*",
  "HIP_*",
  "HSA_*",
  "TPU_*",
  "XLA_*",
  "JAX_*",
  "TF_*",
  "TORCH*",
  "PYTORCH_*",
  "TRITON_*",
  "OMP_*",
  "MKL_*",
  "OPENBLAS_NUM_THREADS",
  "NUMEXPR_*",
  "KMP_*",
  "HF_HOME",
  "HF_DATASETS_*",
  "HF_HUB_*",
  "TRANSFORMERS_*",
  "TOKENIZERS_PARALLELISM",
  "WANDB_MODE",
  "WANDB_DIR",
  "MODULEPATH",
  "LOADEDMODULES",
] as const;

/** Set by the executor, so the parent's value must not slip through. */
const ownedNames = new Set(["CUDA_VISIBLE_DEVICES", "AGENT_TUNE_ATTEMPT"]);

const secretWords =
  /(?:^|_)(?:API_?KEY|KEYS?|ACCESS_?KEY|TOKENS?|SECRETS?|PASS(?:WORD|WD|PHRASE)?|CREDENTIALS?|AUTH|COOKIES?|PRIVATE|PAT|DSN)(?:_|$)|APIKEY|TOKEN$|SECRET|PASSWORD/i;

const providerKey =
  /^(?:AZURE_)?(?:OPENAI|ANTHROPIC|CLAUDE|GEMINI|GOOGLE|GOOGLE_AI|GOOGLE_GENERATIVE_AI|MISTRAL|GROQ|TOGETHER|TOGETHERAI|DEEPSEEK|XAI|GROK|COHERE|CO|OPENROUTER|FIREWORKS|PERPLEXITY|PPLX|CEREBRAS|NVIDIA|NVIDIA_NIM|DASHSCOPE|MOONSHOT|ZAI|ZHIPUAI|MINIMAX|VOYAGE|REPLICATE|AI21|SAMBANOVA|LITELLM|HYPERBOLIC|NEBIUS|AGENT_TUNE)(?:_[A-Z]+)?_(?:API_?KEY|API_?TOKEN|AUTH_TOKEN|ADMIN_KEY)$/i;

/** Whether a name holds the key of a model provider, which no trial ever gets. */
export function isProviderKey(name: string): boolean {
  return providerKey.test(name);
}

/** Whether a name looks like that of a secret. */
export function looksSecret(name: string): boolean {
  return isProviderKey(name) || secretWords.test(name);
}

export interface EnvironmentSources {
  /** Environment of the controller. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** Names to pass on besides the usual ones; an exact name also passes where it looks like a secret. */
  readonly pass: readonly string[];
  /** Fixed values. */
  readonly constants: Readonly<Record<string, string>>;
  /** What the executor adds: mark, seed, devices. Wins over everything. */
  readonly own: Readonly<Record<string, string>>;
}

/** The whole environment of a trial. Keys of model providers are left out wherever they come from. */
export function trialEnvironment(sources: EnvironmentSources): Record<string, string> {
  const usual = matcher(usualNames);
  const wanted = matcher(sources.pass);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(sources.parent)) {
    if (value === undefined || ownedNames.has(name)) continue;
    const named = sources.pass.includes(name);
    if (named || ((usual(name) || wanted(name)) && !looksSecret(name))) environment[name] = value;
  }
  Object.assign(environment, sources.constants);
  for (const name of Object.keys(environment)) {
    if (isProviderKey(name)) delete environment[name];
  }
  return Object.assign(environment, sources.own);
}

function matcher(names: readonly string[]): (name: string) => boolean {
  const exact = new Set(names.filter((name) => !name.endsWith("*")));
  const prefixes = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

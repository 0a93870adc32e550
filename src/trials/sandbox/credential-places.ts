import { join } from "node:path";

/** Below the home folder. Folders and files alike. */
const belowHome = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".config/gcloud",
  ".config/gh",
  ".config/hub",
  ".config/glab-cli",
  ".config/git/credentials",
  ".config/huggingface",
  ".config/rclone",
  ".config/op",
  ".config/sops",
  ".config/pip",
  ".config/uv/credentials",
  ".config/wandb",
  ".config/anthropic",
  ".config/openai",
  ".config/agent-tune",
  ".docker",
  ".config/containers",
  ".kube",
  ".oci",
  ".netrc",
  "_netrc",
  ".authinfo",
  ".authinfo.gpg",
  ".git-credentials",
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".pypirc",
  ".pip/pip.conf",
  ".condarc",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".m2/settings.xml",
  ".gradle/gradle.properties",
  ".terraform.d",
  ".terraformrc",
  ".vault-token",
  ".pgpass",
  ".my.cnf",
  ".s3cfg",
  ".boto",
  ".databrickscfg",
  ".snowflake",
  ".modal.toml",
  ".lightning/credentials.json",
  ".kaggle",
  ".huggingface",
  ".cache/huggingface/token",
  ".cache/huggingface/stored_tokens",
  ".anthropic",
  ".claude",
  ".claude.json",
  ".openai",
  ".codex",
  ".gemini",
  ".env",
  ".local/share/keyrings",
  ".local/share/kwalletd",
  ".password-store",
  ".mozilla",
  ".config/google-chrome",
  ".config/chromium",
  ".bash_history",
  ".zsh_history",
  ".python_history",
  ".node_repl_history",
  "Library/Keychains",
] as const;

/** Readable to root, as whom a study may run, and of no use to a training. */
const ofTheSystem = [
  "/etc/shadow",
  "/etc/gshadow",
  "/etc/ssh",
  "/etc/sudoers",
  "/etc/sudoers.d",
  "/etc/kubernetes",
] as const;

/**
 * Where credentials usually lie, to be hidden from edited code. The one list of them.
 *
 * @param home the person's home folder
 * @param environment of the controller, where variables move such places
 */
export function credentialPlaces(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { HF_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME, CARGO_HOME } = environment;
  const named = [
    "NETRC",
    "HF_TOKEN_PATH",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "KUBECONFIG",
    "DOCKER_CONFIG",
    "GNUPGHOME",
    "CLOUDSDK_CONFIG",
    "AZURE_CONFIG_DIR",
    "NPM_CONFIG_USERCONFIG",
    "PIP_CONFIG_FILE",
    "SSH_AUTH_SOCK",
  ].flatMap((name) => (environment[name] ?? "").split(":").filter((path) => path.startsWith("/")));
  const moved = [
    ...below(HF_HOME, ["token", "stored_tokens"]),
    ...below(XDG_CACHE_HOME, ["huggingface/token", "huggingface/stored_tokens"]),
    ...below(CARGO_HOME, ["credentials", "credentials.toml"]),
    ...below(
      XDG_CONFIG_HOME,
      belowHome.flatMap((place) => (place.startsWith(".config/") ? [place.slice(".config/".length)] : [])),
    ),
  ];
  return [...new Set([...below(home, belowHome), ...moved, ...named, ...ofTheSystem])];
}

function below(folder: string | undefined, places: readonly string[]): readonly string[] {
  return folder?.startsWith("/") === true ? places.map((place) => join(folder, place)) : [];
}

/** Takes secrets out of whatever leaves a process: prompts, recordings, messages. */
export interface Redactor {
  text(text: string): string;
  /** A copy with every string in it redacted, keys of objects included. */
  json<T>(value: T): T;
}

/** Environment variables whose values are secrets, judged by their names. */
const secretName =
  /(^|_)(API_?KEYS?|KEYS?|TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|COOKIE|DSN|WEBHOOK)($|_)/i;
/** Variables that look secret by name and hold paths, switches or identifiers. */
const harmlessName = /^(SSH_AUTH_SOCK|XAUTHORITY|TOKENIZERS_PARALLELISM|GPG_KEY)$/i;
/** Shorter values are words such as "true" that would blank out ordinary text. */
const shortestSecret = 8;

/** Shapes of keys that are known whatever variable they came from. */
const keyShapes: readonly RegExp[] = [
  // With a digit in it: names such as sk-learn-contrib are no keys.
  /\bsk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{30,}/g,
  /\bglpat-[A-Za-z0-9_-]{18,}/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\b(?:gsk|xai|pplx|r8|lsv2_pt|lsv2_sk)[_-][A-Za-z0-9_]{24,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];
/** Password in the address of a service, `https://user:password@host`. */
const credentialsInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s:/@]+@/gi;

const mark = "[redacted]";

/**
 * @param options.environment values of variables that are named like secrets are removed wherever they occur
 * @param options.secrets further values to remove, for example the key in use
 */
export function createRedactor(
  options: {
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly secrets?: readonly (string | undefined)[];
  } = {},
): Redactor {
  const values = new Set<string>();
  for (const [name, value] of Object.entries(options.environment ?? {})) {
    if (value !== undefined && secretName.test(name) && !harmlessName.test(name)) values.add(value.trim());
  }
  for (const secret of options.secrets ?? []) if (secret !== undefined) values.add(secret.trim());
  // Longest first: a secret that contains another one must go as a whole.
  const known = [...values].filter((v) => v.length >= shortestSecret).sort((a, b) => b.length - a.length);

  const text = (input: string): string => {
    let output = input;
    for (const secret of known) output = output.replaceAll(secret, mark);
    for (const shape of keyShapes) output = output.replace(shape, mark);
    return output.replace(credentialsInUrl, `$1${mark}@`);
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [text(key), walk(entry)]));
  };
  // The walk keeps the shape of JSON values: strings stay strings, everything else is copied.
  return { text, json: <T>(value: T) => walk(value) as T };
}

/** Redacts nothing; for tests and for replays, whose texts were redacted when they were recorded. */
export const noRedaction: Redactor = { text: (text) => text, json: (value) => value };

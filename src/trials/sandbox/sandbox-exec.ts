import { arrangeMounts, type Mount } from "./mounts.js";

/** Devices that programs write without harm. */
const harmless = ["/dev/null", "/dev/zero", "/dev/tty", "/dev/dtracehelper", "/dev/random", "/dev/urandom"];

/**
 * A profile for macOS's sandbox-exec: nothing is written but to the given places, hidden ones cannot be read, and
 * there is no network unless it is allowed. Of several rules for a path the last one holds, so the deeper ones come
 * later. There is no namespace of processes: what the command leaves behind is found by its mark.
 *
 * Not proven on a Mac: openSandbox tries it there before it is relied on.
 */
export function seatbeltProfile(confinement: { readonly mounts: readonly Mount[]; readonly network: boolean }): string {
  const rules = arrangeMounts(confinement.mounts).flatMap(rulesOf);
  return [
    "(version 1)",
    "(allow default)",
    "(deny file-write*)",
    `(allow file-write* ${harmless.map((device) => `(literal ${quoted(device)})`).join(" ")})`,
    ...rules,
    ...(confinement.network ? [] : ["(deny network*)"]),
    // Launching by the system's own services would run outside.
    '(deny process-exec (literal "/usr/bin/open") (literal "/usr/bin/osascript") (literal "/bin/launchctl"))',
    "",
  ].join("\n");
}

function rulesOf({ as, path }: Mount): readonly string[] {
  const place = `(subpath ${quoted(path)})`;
  switch (as) {
    case "readable":
      return [`(allow file-read* ${place})`, `(deny file-write* ${place})`];
    case "writable":
    case "private":
      return [`(allow file-read* file-write* ${place})`];
    case "hidden folder":
    case "hidden file":
      return [`(deny file-read* file-write* ${place})`];
  }
}

function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&")}"`;
}

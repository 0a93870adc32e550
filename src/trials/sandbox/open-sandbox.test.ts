import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { levelInWords } from "./confinement.js";
import { openSandbox, type SandboxMode } from "./open-sandbox.js";
import { bubblewrapPath } from "./testing/bubblewrap-path.js";

const root = mkdtempSync(join(tmpdir(), "agent-tune-open-sandbox-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const bubblewrap = bubblewrapPath();

/** A folder with a bwrap that is a shell script; \$REAL is the real one. */
function fakeBubblewrap(script: string): string {
  const bin = mkdtempSync(join(root, "bin-"));
  writeFileSync(join(bin, "bwrap"), `#!/bin/sh\nREAL=${bubblewrap ?? "false"}\n${script}\n`, { mode: 0o755 });
  return `${bin}:${process.env.PATH}`;
}

const open = (mode: SandboxMode, PATH = process.env.PATH) =>
  openSandbox(mode, { environment: { ...process.env, PATH } });

async function refusal(mode: SandboxMode, path?: string, platform?: NodeJS.Platform): Promise<AgentTuneError> {
  try {
    await openSandbox(mode, {
      environment: { ...process.env, PATH: path ?? process.env.PATH },
      ...(platform === undefined ? {} : { platform }),
    });
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("It was opened.");
}

describe.skipIf(bubblewrap === undefined)("where bubblewrap works", () => {
  test("everything is tried and enforced, for auto and require alike", async () => {
    const { level } = await open("auto");
    expect(level).toMatchObject({ kind: "bubblewrap", detail: expect.stringMatching(/^bubblewrap \d/) });
    expect(levelInWords(level)).toBe("bubblewrap: files, network, processes, hidden, limits");
    expect(levelInWords((await open("require")).level)).toBe(levelInWords(level));
  });

  test("where /proc is masked, the machine's own is shown and the level says so", async () => {
    const masked = fakeBubblewrap(`
      case " $* " in *" --proc "*) echo "bwrap: Can't mount proc on /newroot/proc: Operation not permitted" >&2; exit 1;; esac
      exec $REAL "$@"`);
    const { level } = await open("auto", masked);
    expect(level.detail).toMatch(/\/proc is the machine's own, since a new one cannot be mounted here/);
    expect(level.enforces).toContain("hidden");
    expect(level.enforces).toContain("processes");
  });

  test.each([
    ["files", `"$1" = "--ro-bind"`, "--bind"],
    ["network", `"$1" = "--unshare-all"`, "--unshare-pid"],
    ["processes", `"$1" = "--unshare-all"`, "--unshare-net"],
  ])("a bubblewrap that does not protect %s is found out", async (protection, condition, instead) => {
    const leaky = fakeBubblewrap(`
      case "$1" in --help|--version) exec $REAL "$@";; esac
      for i in $(seq $#); do if [ ${condition} ]; then set -- "$@" ${instead}; else set -- "$@" "$1"; fi; shift; done
      exec $REAL "$@"`);
    const error = await refusal("require", leaky);
    expect(error.code).toBe("sandbox_unavailable");
    expect(error.message).toMatch(new RegExp(`does not protect .*${protection}`));
  });

  test("one that runs the command without confining it is found out", async () => {
    const bare = fakeBubblewrap('while [ "$1" != "--" ]; do shift; done; shift; exec "$@"');
    expect((await refusal("auto", bare)).message).toMatch(/does not protect files, network, hidden/);
  });
});

describe("where there is no sandbox, edited code is not run unconfined in silence", () => {
  test("bubblewrap is not installed", async () => {
    const error = await refusal("auto", "/nonexistent", "linux");
    expect(error).toMatchObject({
      code: "sandbox_unavailable",
      exitCode: 3,
      message: "Edited code runs in a sandbox, and bubblewrap (bwrap) is not installed.",
      remedy: "apt install bubblewrap, or say --sandbox off if edited code may run unconfined.",
    });
  });

  test.skipIf(process.platform !== "linux")("the machine forbids namespaces", async () => {
    const message = "bwrap: No permissions to create new namespace, likely because the kernel does not allow it.";
    const error = await refusal("auto", fakeBubblewrap(`echo "${message}" >&2; exit 1`));
    expect(error.message).toMatch(/this machine does not let bubblewrap make namespaces \(No permissions/);
    expect(error.remedy).toMatch(/unprivileged_userns_clone=1.*--sandbox off/);
  });

  test.skipIf(process.platform !== "linux")("bubblewrap ends well without having run anything", async () => {
    expect((await refusal("auto", fakeBubblewrap("exit 0"))).message).toMatch(/did not run the command/);
  });

  test("a system without a sandbox, and a container without an engine", async () => {
    expect((await refusal("auto", undefined, "win32")).message).toBe("There is no sandbox for win32.");
    expect((await refusal({ container: "pytorch" }, "/nonexistent")).message).toMatch(/neither docker nor podman/);
  });

  test("off is off, and says so", async () => {
    const { level, wrap } = await open("off");
    expect(levelInWords(level)).toBe("none");
    const prepared = { words: ["python", "train.py"], environment: {}, cwd: "/" };
    const confinement = {
      writable: [],
      readable: [],
      hidden: [],
      temporary: "/",
      network: true,
      devices: [],
      limits: {},
    };
    expect(await wrap(prepared, confinement)).toEqual(prepared);
  });
});

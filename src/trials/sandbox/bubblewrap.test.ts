import { describe, expect, test } from "vitest";
import { type BubblewrapLayout, bubblewrapArguments, explainBubblewrap } from "./bubblewrap.js";

const layout: BubblewrapLayout = {
  variant: { userNamespace: true, proc: "new" },
  asRoot: false,
  mounts: [],
  emptyFile: "/s/empty",
  network: false,
  devices: [],
  cwd: "/s/code/checkouts/v3",
};
const line = (given: Partial<BubblewrapLayout> = {}) => bubblewrapArguments({ ...layout, ...given }).join(" ");

describe("arguments of bubblewrap", () => {
  test("the whole of them for a usual run", () => {
    const mounts = [
      { path: "/tmp", as: "private", from: "/s/t.private/tmp" },
      { path: "/s/trials/7", as: "writable" },
      { path: "/s/code/checkouts/v3", as: "readable" },
      { path: "/s", as: "hidden folder" },
      { path: "/home/ann/.netrc", as: "hidden file" },
    ] as const;
    expect(line({ mounts }).replaceAll(/ --(?!uid|gid)/g, "\n--")).toBe(
      `--unshare-all
--unshare-user
--die-with-parent
--new-session
--cap-drop ALL
--ro-bind / /
--dev /dev
--tmpfs /dev/shm
--remount-ro /dev
--proc /proc
--remount-ro /proc
--tmpfs /run
--ro-bind-try /run/systemd/resolve /run/systemd/resolve
--ro-bind-try /run/NetworkManager /run/NetworkManager
--ro-bind-try /run/resolvconf /run/resolvconf
--ro-bind-try /run/opengl-driver /run/opengl-driver
--ro-bind-try /run/opengl-driver-32 /run/opengl-driver-32
--ro-bind-try /run/current-system /run/current-system
--tmpfs /s
--bind /s/t.private/tmp /tmp
--ro-bind /s/empty /home/ann/.netrc
--bind /s/trials/7 /s/trials/7
--ro-bind /s/code/checkouts/v3 /s/code/checkouts/v3
--remount-ro /run
--remount-ro /s
--chdir /s/code/checkouts/v3
--`,
    );
  });

  test("root is nobody inside", () => {
    expect(line({ asRoot: true })).toContain("--unshare-user --uid 65534 --gid 65534");
    expect(line({ asRoot: true, variant: { userNamespace: false, proc: "new" } })).not.toMatch(/--uid|--unshare-user/);
  });

  test("the network is shared only where it is allowed", () => {
    expect(line()).not.toContain("--share-net");
    expect(line({ network: true })).toContain("--unshare-all --unshare-user --share-net");
  });

  test("a GPU is bound as a device, those that were not given are not there", () => {
    const devices = ["/dev/nvidia3", "/dev/nvidiactl"];
    expect(line({ devices })).toContain(
      "--dev-bind-try /dev/nvidia3 /dev/nvidia3 --dev-bind-try /dev/nvidiactl /dev/nvidiactl",
    );
    expect(line()).not.toContain("nvidia");
  });

  test("shared memory has the size of the memory limit", () => {
    expect(line({ sharedMemoryBytes: 1024.7 })).toContain("--size 1024 --tmpfs /dev/shm");
  });

  test("where a new /proc cannot be mounted, the machine's own is shown read-only", () => {
    expect(line({ variant: { userNamespace: true, proc: "bound" } })).toContain("--ro-bind /proc /proc");
  });
});

describe("what bubblewrap says when it fails", () => {
  test.each([
    ["bwrap: Creating new namespace failed: No space left on device", /does not let bubblewrap make namespaces/],
    ["bwrap: setting up uid map: Permission denied", /does not let bubblewrap make namespaces/],
    ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", /does not let bubblewrap make namespaces/],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /a new \/proc cannot be mounted here/],
    ["bwrap: Can't find source path /nowhere", /bubblewrap failed: Can't find source path/],
    ["", /does not say why/],
  ])("%s", (said, why) => expect(explainBubblewrap(said).why).toMatch(why));
});

import { describe, expect, test } from "vitest";
import { containerCommand, containerRemoval } from "./container.js";
import { credentialPlaces } from "./credential-places.js";
import { privateEnvironment } from "./private-environment.js";
import { limitWords, parseHardLimits, unlimited } from "./resource-limits.js";
import { seatbeltProfile } from "./sandbox-exec.js";

describe("limits of the kernel", () => {
  const limits = { fileBytes: 1e9, openFiles: 65_536, cpuSeconds: 600, tasks: 4096 };

  test("as words before the command; root is not held to a number of tasks", () => {
    expect(limitWords("/usr/bin/prlimit", limits, unlimited, false).join(" ")).toBe(
      "/usr/bin/prlimit --core=0 --fsize=1000000000 --nofile=65536 --cpu=600 --nproc=4096 --",
    );
    expect(limitWords("/usr/bin/prlimit", limits, unlimited, true).join(" ")).not.toContain("nproc");
    expect(limitWords("prlimit", {}, unlimited, false)).toEqual(["prlimit", "--core=0", "--"]);
  });

  test("never above the hard limit that agent-tune itself is under", () => {
    const hard = parseHardLimits(
      "Limit                     Soft Limit           Hard Limit           Units     \n" +
        "Max cpu time              unlimited            unlimited            seconds   \n" +
        "Max open files            1024                 20000                files     \n",
    );
    expect(hard).toEqual({ ...unlimited, openFiles: 20_000 });
    expect(limitWords("prlimit", limits, hard, false)).toContain("--nofile=20000");
  });
});

describe("the environment", () => {
  test("HOME stays, temporary files and caches that must be written go to the private folder", () => {
    const given = {
      HOME: "/home/ann",
      PATH: "/bin",
      TMPDIR: "/scratch",
      TRITON_CACHE_DIR: "/t",
      XDG_RUNTIME_DIR: "/r",
    };
    const environment = privateEnvironment(given, "/tmp");
    expect(environment).toMatchObject({
      HOME: "/home/ann",
      PATH: "/bin",
      TMPDIR: "/tmp",
      TRITON_CACHE_DIR: "/tmp/.cache/triton",
      MPLCONFIGDIR: "/tmp/.cache/matplotlib",
    });
    expect(environment).not.toHaveProperty("XDG_RUNTIME_DIR");
  });

  test("credentials are hidden where they usually are and where variables put them", () => {
    const places = credentialPlaces("/home/ann", {
      HF_HOME: "/data/hf",
      KUBECONFIG: "/k/one:/k/two",
      XDG_CONFIG_HOME: "/home/ann/conf",
    });
    for (const place of [
      "/home/ann/.ssh",
      "/home/ann/.cache/huggingface/token",
      "/data/hf/token",
      "/k/two",
      "/home/ann/conf/gcloud",
      "/etc/shadow",
    ]) {
      expect(places).toContain(place);
    }
    expect(places).not.toContain("/data/hf");
  });
});

test("a profile for sandbox-exec: later rules are for deeper places, names are quoted", () => {
  const profile = seatbeltProfile({
    mounts: [
      { path: "/s/trials/7", as: "writable" },
      { path: "/s", as: "hidden folder" },
      { path: '/odd"name', as: "hidden file" },
    ],
    network: false,
  });
  const lines = profile.split("\n");
  const at = (text: string) => lines.findIndex((line) => line.includes(text));
  expect(lines.slice(0, 3)).toEqual(["(version 1)", "(allow default)", "(deny file-write*)"]);
  expect(at('(deny file-read* file-write* (subpath "/s"))')).toBeGreaterThan(2);
  expect(at('(allow file-read* file-write* (subpath "/s/trials/7"))')).toBeGreaterThan(at('(subpath "/s"))'));
  expect(profile).toContain('(subpath "/odd\\"name")');
  expect(profile).toContain("(deny network*)");
  expect(seatbeltProfile({ mounts: [], network: true })).not.toContain("network");
});

describe("a container", () => {
  const prepared = {
    words: ["python", "train.py", "--lr=0.1"],
    environment: { PATH: "/host/bin", HOME: "/home/ann", AGENT_TUNE_SEED: "7", LR: "0.1" },
    cwd: "/s/code/checkouts/v3",
  };
  const command = containerCommand(prepared, {
    engine: "/usr/bin/docker",
    image: "pytorch:2",
    mark: "a/b",
    mounts: [
      { path: "/s/code/checkouts/v3", as: "readable" },
      { path: "/s/trials/7", as: "writable" },
      { path: "/s/code/checkouts/v3/data", as: "hidden folder" },
      { path: "/tmp", as: "private", from: "/s/t" },
    ],
    emptyFile: "/s/empty",
    network: false,
    devices: ["/dev/nvidia3", "/dev/nvidiactl"],
    limits: { tasks: 100, memoryBytes: 1 << 30 },
    user: { uid: 1000, gid: 100 },
  });

  test("mounts what the run may see, and runs the image's own program", () => {
    const line = command.words.join(" ");
    expect(line).toMatch(/^\/usr\/bin\/docker run --rm --init --name agent-tune-a-b --read-only --cap-drop ALL/);
    expect(line).toContain("--network none --user 1000:100");
    expect(line).toContain("--mount type=bind,src=/s/code/checkouts/v3,dst=/s/code/checkouts/v3,readonly");
    expect(line).toContain("--mount type=bind,src=/s/trials/7,dst=/s/trials/7 ");
    expect(line).toContain("--mount type=tmpfs,dst=/s/code/checkouts/v3/data,tmpfs-mode=0555");
    expect(line).toContain("--mount type=bind,src=/s/t,dst=/tmp ");
    expect(line).toContain('--gpus "device=3"');
    expect(line).toContain("--pids-limit 100 --memory 1073741824");
    expect(line).toMatch(/pytorch:2 python train\.py --lr=0\.1$/);
  });

  test("variables go in by name, those of this machine not at all", () => {
    expect(command.words.join(" ")).toContain("--env AGENT_TUNE_SEED --env LR --env HOME=/tmp");
    expect(command.words).not.toContain("PATH");
    expect(command.environment.LR).toBe("0.1");
  });

  test("is removed by its name, whatever became of the program that started it", () => {
    expect(containerRemoval("podman", "a/b")).toEqual(["podman", "rm", "--force", "agent-tune-a-b"]);
  });
});

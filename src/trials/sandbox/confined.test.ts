import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Confinement, ConfinementLimits } from "./confinement.js";
import { unlimited } from "./resource-limits.js";
import { bubblewrapWrap } from "./sandboxes.js";
import { bubblewrapPath } from "./testing/bubblewrap-path.js";

const bubblewrap = bubblewrapPath();
const root = mkdtempSync(join(tmpdir(), "agent-tune-confined-"));
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const nobody = 65534;
const weAreRoot = process.getuid?.() === 0;
// Root can become anybody, and both have to hold.
const users = weAreRoot ? (["root", "nobody"] as const) : (["this user"] as const);
let count = 0;

const server = createServer((socket) => socket.end());
let port = 0;
beforeAll(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        port = typeof address === "object" && address !== null ? address.port : 0;
        resolve();
      });
    }),
);
afterAll(() => server.close());

describe.skipIf(bubblewrap === undefined).each(users)("a program in bubblewrap, started by %s", (user) => {
  /** Folders of one run, owned by the user who runs it. */
  function places() {
    const base = join(root, `run-${count++}`);
    const names = ["attempt", "checkout", "study", "study/checkouts", "study/checkouts/v1", "holdout", "temporary"];
    const of = (name: string) => join(base, name);
    for (const folder of ["", ...names].map(of)) {
      mkdirSync(folder);
      if (user === "nobody") chownSync(folder, nobody, nobody);
    }
    for (const [file, text] of [
      ["checkout/train.py", "code"],
      ["study/store.db", "secret"],
      ["study/checkouts/v1/train.py", "version 1"],
      ["holdout/labels", "secret"],
      ["netrc", "secret"],
    ] as const) {
      writeFileSync(of(file), text);
      if (user === "nobody") chownSync(of(file), nobody, nobody);
    }
    return of;
  }

  async function start(
    of: (name: string) => string,
    words: readonly string[],
    given: { network?: boolean; limits?: ConfinementLimits; confinement?: Partial<Confinement>; env?: object } = {},
  ) {
    const asRoot = weAreRoot && user === "root";
    const wrap = bubblewrapWrap({
      bubblewrap: bubblewrap ?? "",
      variant: { userNamespace: true, proc: "new" },
      knowsSize: true,
      prlimit: "/usr/bin/prlimit",
      asRoot,
      hard: unlimited,
      credentials: [of("netrc")],
    });
    const environment = { PATH: process.env.PATH ?? "", ...given.env };
    const wrapped = await wrap(
      { words, environment, cwd: of("checkout") },
      {
        writable: [of("attempt")],
        // All places of this test are below /tmp, of which only what is named is there.
        readable: [of(""), of("checkout"), of("study/checkouts/v1")],
        hidden: [],
        temporary: of("temporary"),
        network: given.network ?? false,
        devices: [],
        limits: given.limits ?? {},
        ...given.confinement,
      },
    );
    if (user === "nobody") for (const name of ["temporary/tmp", "temporary/empty"]) chownSync(of(name), nobody, nobody);
    const become = user === "nobody" ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
    return { ...wrapped, words: [...become, ...wrapped.words] };
  }

  async function run(
    words: readonly string[],
    given: Parameters<typeof start>[2] & { of?: (name: string) => string } = {},
  ) {
    const of = given.of ?? places();
    const wrapped = await start(of, words, given);
    const [file = "", ...args] = wrapped.words;
    const { stdout, stderr, status } = spawnSync(file, args, {
      cwd: wrapped.cwd,
      env: { ...wrapped.environment },
      encoding: "utf8",
      timeout: 15_000,
    });
    return { of, output: stdout.trim(), errors: stderr.trim(), status };
  }

  const sh = (script: string, given?: Parameters<typeof run>[1]) => run(["sh", "-c", script], given);

  test("writes to its own folder and to /tmp, which nobody else sees", async () => {
    const of = places();
    const { status, errors } = await sh(
      `echo a > ${of("attempt")}/out && echo b > /tmp/agent-tune-scratch && echo c > /var/tmp/d && echo d > /dev/shm/e`,
      { of },
    );
    expect({ status, errors }).toEqual({ status: 0, errors: "" });
    expect(readFileSync(join(of("attempt"), "out"), "utf8")).toBe("a\n");
    expect(existsSync("/tmp/agent-tune-scratch")).toBe(false);
  });

  test.each([
    ["its checkout", (of: (name: string) => string) => `echo x > ${of("checkout")}/train.py`],
    ["a new file in its checkout", (of: (name: string) => string) => `echo x > ${of("checkout")}/new.py`],
    ["its checkout by another name", (of: (name: string) => string) => `mv ${of("checkout")} ${of("attempt")}/c`],
    ["the system", () => "echo x > /usr/agent-tune-test"],
    ["the home folder", () => `echo x > ${userInfo().homedir}/agent-tune-test`],
    // What is written is what is there, in case that it works after all.
    ["the kernel's settings", () => "f=/proc/sys/kernel/panic; v=$(cat $f); echo $v > $f"],
    [
      "the kernel's other settings",
      () => "f=/sys/kernel/mm/transparent_hugepage/khugepaged/defrag; v=$(cat $f); echo $v > $f",
    ],
    ["the kernel's console keys, which could restart the machine", () => ": > /proc/sysrq-trigger"],
    ["/run", () => "echo x > /run/agent-tune-test"],
  ])("cannot write %s", async (_name, script) => {
    const of = places();
    const { status, errors } = await sh(script(of), { of });
    expect(status).not.toBe(0);
    expect(errors).toMatch(/Read-only file system|Permission denied|cannot create|busy/i);
    expect(readFileSync(join(of("checkout"), "train.py"), "utf8")).toBe("code");
  });

  test("reads what is not hidden; a hidden folder is empty, a hidden file too, a version within is seen", async () => {
    const of = places();
    const script = `cat ${of("study")}/store.db ${of("netrc")} ${of("study")}/checkouts/v1/train.py; ls ${of("holdout")}`;
    const shown = await sh(script, { of, confinement: { hidden: [] } });
    expect(shown.output).toBe("secretversion 1labels");
    const hidden = await sh(script, { of, confinement: { hidden: [of("study"), of("holdout")] } });
    expect(hidden.output).toBe("version 1");
    expect((await sh(`echo x > ${of("study")}/y`, { of, confinement: { hidden: [of("study")] } })).status).not.toBe(0);
  });

  test("credentials are empty files", async () => {
    const of = places();
    const { output, status } = await sh(`wc -c < ${of("netrc")}`, { of });
    expect({ output, status }).toEqual({ output: "0", status: 0 });
  });

  test("reaches this machine only where the network is allowed", async () => {
    const script = `require("net").connect(${port}, "127.0.0.1").on("connect", () => { console.log("connected"); process.exit(); }).on("error", (e) => console.log(e.code))`;
    expect((await run([process.execPath, "-e", script])).output).toBe("ECONNREFUSED");
    // Asynchronously, since the listener is in this process.
    const wrapped = await start(places(), [process.execPath, "-e", script], { network: true });
    const [file = "", ...args] = wrapped.words;
    const child = spawn(file, args, { cwd: wrapped.cwd, env: { ...wrapped.environment } });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    expect(output.trim()).toBe("connected");
  });

  test("talks to its own processes over the loopback of its own", async () => {
    const script = `const s = require("net").createServer((c) => c.end()).listen(0, "127.0.0.1", () =>
      require("net").connect(s.address().port, "127.0.0.1").on("connect", () => { console.log("own"); process.exit(); }))`;
    expect((await run([process.execPath, "-e", script])).output).toBe("own");
  });

  test("sees its own processes only, and not the environment of whoever started it", async () => {
    const own = await sh("ls /proc | grep -c '^[0-9]'; cat /proc/self/environ | tr '\\0' '\\n' | grep MINE", {
      env: { MINE: "1" },
    });
    const [processes, mine] = own.output.split("\n");
    expect(Number(processes)).toBeLessThan(8);
    expect(mine).toBe("MINE=1");
    expect((await sh(`cat /proc/${process.pid}/environ`)).errors).toMatch(/No such file/);
  });

  test("has no capabilities, gains none by set-user-id programs, and is nobody where root started it", async () => {
    const { output } = await sh("id -u; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status | cut -f 2");
    const [uid, effective, bounding, noNewPrivileges] = output.split("\n");
    expect(uid).toBe(user === "this user" ? String(process.getuid?.()) : "65534");
    expect([effective, bounding, noNewPrivileges]).toEqual(["0000000000000000", "0000000000000000", "1"]);
  });

  test("has the harmless devices and no others", async () => {
    const { output } = await sh("head -c 1 /dev/urandom > /dev/null && ls /dev");
    expect(output.split("\n")).toContain("urandom");
    expect(output).not.toMatch(/nvidia|sda|vda|kmsg|mem$/m);
  });

  test("a file grows to its limit and not beyond; there is no core", async () => {
    const of = places();
    const write = (bytes: number) => `head -c ${bytes} /dev/zero > ${of("attempt")}/f`;
    expect((await sh(write(60_000), { of, limits: { fileBytes: 65_536 } })).status).toBe(0);
    expect((await sh(write(70_000), { of, limits: { fileBytes: 65_536 } })).status).not.toBe(0);
    expect((await sh("ulimit -c", { of })).output).toBe("0");
  });

  test("/dev/shm is as large as the memory that it may use", async () => {
    const write = (bytes: number) => `head -c ${bytes} /dev/zero > /dev/shm/f`;
    expect((await sh(write(500_000), { limits: { memoryBytes: 1 << 20 } })).status).toBe(0);
    expect((await sh(write(2_000_000), { limits: { memoryBytes: 1 << 20 } })).errors).toMatch(/No space left/);
  });

  test.skipIf(user === "root")("a fork bomb is stopped by the kernel; as root the controller watches", async () => {
    const forks = (n: number) => `i=0; while [ $i -lt ${n} ]; do sleep 1 & i=$((i+1)); done; wait; echo done`;
    expect((await sh(forks(10), { limits: { tasks: 40 } })).output).toBe("done");
    expect((await sh(forks(80), { limits: { tasks: 40 } })).errors).toMatch(/Cannot fork/);
  });

  test("what it leaves behind in sessions of its own dies with it", async () => {
    // A process that stays alive keeps the output open, and the run would not end.
    const begun = performance.now();
    const { output } = await sh("setsid sleep 30 & (setsid sh -c '(sleep 30 &) ; sleep 30' &) ; echo gone");
    expect(output).toBe("gone");
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test("kill -9 of the process that started bubblewrap ends everything in it", async () => {
    const of = places();
    const ready = join(of("attempt"), "ready");
    const wrapped = await start(of, [
      "sh",
      "-c",
      `setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.05; done' & echo > ${ready}; trap "" TERM; while :; do sleep 0.05; done`,
    ]);
    // Stands for the controller. Whatever is alive holds its output open.
    const controller = spawn(
      process.execPath,
      [
        "-e",
        `const [file, ...args] = ${JSON.stringify(wrapped.words)};
         require("child_process").spawn(file, args, { cwd: ${JSON.stringify(wrapped.cwd)}, detached: true, stdio: ["ignore", "inherit", "inherit"] });
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ["ignore", "pipe", "ignore"], timeout: 15_000, killSignal: "SIGTERM" },
    );
    const allGone = new Promise((resolve) => controller.once("close", resolve));
    controller.stdout.resume();
    while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.kill("SIGKILL");
    await allGone;
    expect(controller.signalCode).toBe("SIGKILL");
  });

  test("a signal and an exit code come out as they are", async () => {
    expect((await sh("exit 7")).status).toBe(7);
    expect((await sh("kill -SEGV $$")).status).toBe(139);
  });
});

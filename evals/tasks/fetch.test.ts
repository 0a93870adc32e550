import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findData, readVerified } from "./data-folder.js";
import { httpDownload } from "./download.js";
import { type FetchEvent, fetchAll, fetchData } from "./fetch.js";
import { type ServedSource, servedSources, type UnservedSource, unservedSources } from "./sources.js";

const content = Buffer.from("a table ".repeat(20_000));
const sha256 = createHash("sha256").update(content).digest("hex");
const root = mkdtempSync(join(tmpdir(), "agent-tune-data-"));
let folder = "";
let server: Server;
let address = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    switch (request.url) {
      case "/table.bin":
        response.setHeader("content-length", content.length);
        response.end(content);
        return;
      case "/interrupted":
        response.setHeader("content-length", content.length);
        response.write(content.subarray(0, 5000), () => response.destroy());
        return;
      case "/silent":
        response.setHeader("content-length", content.length);
        response.write(content.subarray(0, 5000));
        return;
      default:
        response.statusCode = 404;
        response.end("nothing here");
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
});

const at = (path: string, url = `${address}/table.bin`): ServedSource => ({
  path,
  url,
  sha256,
  licence: "MIT",
  origin: "a test",
  tasks: "test/...",
});
const pickle: UnservedSource = {
  path: "tabular/pickle.json",
  licence: "MIT",
  origin: "https://example.org/tables",
  tasks: "test/pickle",
  reason: "a pickle is published",
};
/** Neither the cache nor the data of whoever runs the tests. */
const env = { HOME: "/nowhere" };

describe("data that is downloaded", () => {
  it("is there afterwards, verified, with its progress told on the way", async () => {
    const events: FetchEvent[] = [];
    const fetched = await fetchAll({
      folder,
      env,
      served: [at("some/table.bin")],
      unserved: [],
      report: (event) => events.push(event),
    });
    expect(fetched).toEqual({ downloaded: ["some/table.bin"], present: [], failed: [], unavailable: [] });
    const file = join(folder, "some/table.bin");
    expect(readFileSync(file)).toEqual(content);
    expect(events[0]).toMatchObject({ kind: "started", url: `${address}/table.bin` });
    const last = { bytes: content.length, total: content.length };
    expect(events.filter(({ kind }) => kind === "received").at(-1)).toMatchObject(last);
    expect(readdirSync(dirname(file))).toEqual(["table.bin"]);

    const found = findData("some/table.bin", { ...env, AGENT_TUNE_EVAL_DATA: folder });
    expect(found).toBe(file);
    expect(readVerified(file, sha256)).toEqual(content);
    expect(() => readVerified(file, "0".repeat(64))).toThrow("another version of the data");
  });

  it("is not downloaded again, unless what is there is not what was expected", async () => {
    const file = join(folder, "some/table.bin");
    mkdirSync(dirname(file));
    writeFileSync(file, "half a table");
    const again = () => fetchAll({ folder, env, served: [at("some/table.bin")], unserved: [] });
    expect((await again()).downloaded).toEqual(["some/table.bin"]);
    expect(readFileSync(file)).toEqual(content);
    expect((await again()).present).toEqual(["some/table.bin"]);
  });

  it.each([
    ["another content", "table.bin", "0".repeat(64), /has sha256 [0-9a-f]{64}, not 0{64}\. Nothing was kept/],
    ["an address that is gone", "gone", sha256, /gone answers 404 Not Found/],
    ["a body that is cut short", "interrupted", sha256, /interrupted (cannot be read|ended after)/],
    ["a server that falls silent", "silent", sha256, /silent sent nothing for 0\.3 s/],
  ])("leaves nothing behind of %s, and what was there stays", async (_, where, expected, message) => {
    const source = { ...at("some/table.bin", `${address}/${where}`), sha256: expected };
    const download = httpDownload(300);
    await expect(fetchData(source, folder, download)).rejects.toThrow(message);
    expect(readdirSync(join(folder, "some"))).toEqual([]);
    writeFileSync(join(folder, "some/table.bin"), "an older table");
    await expect(fetchData(source, folder, download)).rejects.toThrow(message);
    expect(readFileSync(join(folder, "some/table.bin"), "utf8")).toBe("an older table");
    expect(readdirSync(join(folder, "some"))).toEqual(["table.bin"]);
  });

  it("says what is skipped without it, and does not keep other files from coming", async () => {
    const nobody = createServer();
    await new Promise<void>((listening) => nobody.listen(0, "127.0.0.1", listening));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((closed) => nobody.close(closed));
    const fetched = await fetchAll({
      folder,
      env,
      served: [at("a.bin", `http://127.0.0.1:${port}/a.bin`), at("b.bin")],
      unserved: [],
    });
    expect(fetched.downloaded).toEqual(["b.bin"]);
    expect(fetched.failed).toEqual([{ path: "a.bin", message: expect.stringMatching(/^a\.bin could not be had: .*/) }]);
    expect(fetched.failed[0]?.message).toMatch(/ECONNREFUSED.*\. Without it, test\/\.\.\. is skipped\.$/);
  });

  it("does not come beside another version in the folder that the environment names", async () => {
    const named = mkdtempSync(join(root, "named-"));
    writeFileSync(join(named, "a.bin"), "another");
    const fetched = await fetchAll({
      folder,
      env: { ...env, AGENT_TUNE_EVAL_DATA: named },
      served: [at("a.bin")],
      unserved: [],
    });
    expect(fetched.failed[0]?.message).toContain("unset AGENT_TUNE_EVAL_DATA");
    expect(existsSync(join(folder, "a.bin"))).toBe(false);
  });
});

describe("data that is not served in the form in which it is read", () => {
  it("is named with the reason, where it comes from and what is skipped", async () => {
    const { unavailable } = await fetchAll({ folder, env, served: [], unserved: [pickle] });
    expect(unavailable).toEqual([
      {
        path: "tabular/pickle.json",
        message:
          "tabular/pickle.json cannot be downloaded: a pickle is published. It comes from https://example.org/tables. " +
          "Without it, test/pickle is skipped.",
      },
    ]);
  });

  it("is present where somebody put it, compressed or not", async () => {
    mkdirSync(join(folder, "tabular"));
    writeFileSync(join(folder, "tabular/pickle.json.gz"), "");
    expect((await fetchAll({ folder, env, served: [], unserved: [pickle] })).present).toEqual(["tabular/pickle.json"]);
  });

  it("is nowhere else than in the named folder and in the cache", () => {
    expect(findData("some/table.bin", { AGENT_TUNE_EVAL_DATA: "", HOME: "/nowhere" })).toBeUndefined();
  });
});

describe("the sources", () => {
  it("are pinned: a commit in every address, a checksum for every download", () => {
    for (const { url, sha256: sum } of servedSources) {
      expect(url).toMatch(/^https:\/\/raw\.githubusercontent\.com\/[^/]+\/[^/]+\/[0-9a-f]{40}\//);
      expect(sum).toMatch(/^[0-9a-f]{64}$/);
    }
    for (const { origin } of unservedSources) expect(origin).toMatch(/\/tree\/[0-9a-f]{40}\//);
    const paths = [...servedSources, ...unservedSources].map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

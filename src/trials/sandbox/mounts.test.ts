import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { arrangeMounts, type Mount, mountsOf } from "./mounts.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-mounts-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const summary = (mounts: readonly Mount[]) => arrangeMounts(mounts).map(({ path, as }) => `${path} ${as}`);

describe("the order of mounts", () => {
  test("the deeper one comes later, so that it is seen within the other", () => {
    expect(
      summary([
        { path: "/s/code/checkouts/v2", as: "readable" },
        { path: "/s", as: "hidden folder" },
        { path: "/s/code/checkouts/v2/data", as: "hidden folder" },
      ]),
    ).toEqual(["/s hidden folder", "/s/code/checkouts/v2 readable", "/s/code/checkouts/v2/data hidden folder"]);
  });

  test("what is both shown and hidden is hidden", () => {
    expect(
      summary([
        { path: "/data", as: "hidden folder" },
        { path: "/data", as: "readable" },
      ]),
    ).toEqual(["/data hidden folder"]);
  });

  test("what is not to be seen anyway is not hidden once more", () => {
    expect(
      summary([
        { path: "/s", as: "hidden folder" },
        { path: "/s/store.db", as: "hidden file" },
        { path: "/tmp", as: "private", from: "/s/t" },
        { path: "/tmp/key", as: "hidden file" },
      ]),
    ).toEqual(["/s hidden folder", "/tmp private"]);
  });
});

test("links are resolved, folders told from files, and what is not there left out", async () => {
  mkdirSync(join(root, "vault"));
  writeFileSync(join(root, "vault", "key"), "k");
  symlinkSync(join(root, "vault"), join(root, "link"));
  const mounts = await mountsOf(
    {
      writable: [],
      readable: [],
      hidden: [join(root, "link"), join(root, "vault", "key"), join(root, "none"), join(root, "vault", "key", "below")],
      temporary: root,
      network: false,
      devices: [],
      limits: {},
    },
    [],
  );
  expect(mounts).toEqual([
    { path: join(root, "vault"), as: "hidden folder" },
    { path: join(root, "vault", "key"), as: "hidden file" },
  ]);
});

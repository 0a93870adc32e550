import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { removeLinksLeadingOut } from "./leading-out.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-links-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const attempt = join(root, "attempt");
const checkout = join(root, "checkout");
mkdirSync(join(attempt, "blobs"), { recursive: true });
mkdirSync(join(attempt, "snapshots", "a"), { recursive: true });
mkdirSync(checkout);
writeFileSync(join(root, "holdout"), "secret");
writeFileSync(join(attempt, "blobs", "1"), "weights");

/** Each link by where it is and what it says. */
const stay = {
  "snapshots/a/model": "../../blobs/1",
  latest: "snapshots/a",
  here: ".",
  absolute: join(attempt, "blobs"),
  source: join(checkout, "train.py"),
  "not-yet": "blobs/2",
};
const go = {
  plain: "../holdout",
  rooted: join(root, "holdout"),
  "snapshots/a/high": "../../../holdout",
  // Within by its words, and out by way of another link.
  crooked: "here/here/../../holdout",
  twisted: `${attempt}/here/../../holdout`,
  process: "/proc/self/cwd/holdout",
  sibling: `${attempt}-2/model`,
};

test("links that leave the folder are removed, those within it and into the checkout stay", async () => {
  for (const [path, target] of Object.entries({ ...stay, ...go })) symlinkSync(target, join(attempt, path));
  // Closing a folder keeps nothing in it.
  chmodSync(join(attempt, "snapshots", "a"), 0o000);
  expect(await removeLinksLeadingOut(attempt, [checkout])).toEqual(Object.keys(go).sort());
  for (const path of Object.keys(stay)) expect(lstatSync(join(attempt, path)).isSymbolicLink()).toBe(true);
  expect(existsSync(join(root, "holdout"))).toBe(true);
});

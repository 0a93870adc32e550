// Checks that imports between the rooms of src/ run downward only (docs/architecture.md), and that a room is
// entered through its index or a file that the architecture names as a contract.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

// From the bottom to the top. A room may import rooms that stand before it.
const order = [
  "errors",
  "math",
  "space",
  "optimizers",
  "llm",
  "trials",
  "executors",
  "store",
  "evidence",
  "centaur",
  "code",
  "study",
  "serve",
  "report",
  "tui",
  "index",
  "cli",
];
const rank = new Map(order.map((room, index) => [room, index]));
// Definitions without logic: they may name types of llm and space, and rooms above those may read them.
const definitions = { agents: rank.get("llm") };

// The one command that evaluates: evals/ is built on the product, and this is its door.
const doors = { evals: "src/cli/commands/eval.ts" };

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
const problems = [];

function roomOf(path) {
  const [top, second] = relative(root, path).split("/");
  if (top === "src") return second?.replace(/\.tsx?$/, "");
  return top;
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}

for (const folder of ["src", "agents"]) {
  for (const path of sources(join(root, folder))) {
    const from = roomOf(path);
    const fromRank = definitions[from] ?? rank.get(from);
    if (fromRank === undefined) {
      problems.push(`${relative(root, path)}: the room ${from} is not in the order of scripts/check-imports.mjs`);
      continue;
    }
    // Test fixtures of a room (testing/) serve tests of any room.
    if (path.includes("/testing/")) continue;
    for (const [, target] of readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      const to = roomOf(resolve(dirname(path), target).replace(/\.js$/, ".ts"));
      if (to === from || doors[to] === relative(root, path)) continue;
      const toRank = definitions[to] ?? rank.get(to);
      if (toRank === undefined || toRank > fromRank || (toRank === fromRank && to !== "agents")) {
        problems.push(`${relative(root, path)}: imports upward, ${from} -> ${to} (${target})`);
      }
    }
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}

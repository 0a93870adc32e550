// Reads the log of a vitest run and prints the line "N passed, N failed, N skipped" with the skipped tests named
// before it. A log without a count is a failure: a run that tested nothing must not look green.
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const log = stripVTControlCharacters(readFileSync(process.argv[2], "utf8"));
const line = /^\s*Tests\s+(.*)$/m.exec(log)?.[1];
const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line ?? "")?.[1] ?? 0);
for (const [skipped] of log.matchAll(/^\s*↓ .*$/gm)) process.stdout.write(`skipped: ${skipped.trim()}\n`);
process.stdout.write(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`);
if (line === undefined || count("passed") === 0 || count("failed") > 0) process.exitCode = 1;

// Reads the JSON report of a vitest run, names what was skipped, and prints "N passed, N failed, N skipped". A report
// without tests, or with a test file that could not be loaded, is a failure: a run that tested nothing must not look
// green.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
);

for (const { fullName, status } of tests) {
  if (status !== "passed" && status !== "failed") process.stdout.write(`skipped: ${fullName}\n`);
}
for (const { name, message } of broken) process.stdout.write(`not loaded: ${name}: ${message}\n`);
const failed = count("failed") + broken.length;
const passed = count("passed");
process.stdout.write(`${passed} passed, ${failed} failed, ${tests.length - passed - count("failed")} skipped\n`);
if (passed === 0 || failed > 0) process.exitCode = 1;

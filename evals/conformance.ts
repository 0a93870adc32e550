/**
 * Does this CMA-ES reach the states that other implementations reached? Replays recorded traces: points and values in,
 * state out, no random numbers.
 *
 *   npm run conformance -- FILE...
 *
 * Prints one line for each trace: the generations replayed and the largest relative deviation of any quantity from the
 * recorded one, array by array: max |a - b| / max |b|. Ends with 0 where every trace of every file is reproduced to
 * 1e-9, with 1 where one deviates, cannot be read or is of a variant that is not known, with 2 where no file is given.
 */
import { readFileSync } from "node:fs";
import { conformanceTolerance, reportOnTraces, type TraceReport } from "../src/optimizers/cma-es/conformance-report.js";
import { plainTable } from "./bench/plain-table.js";

const files = process.argv.slice(2);
if (files.length === 0 || files.some((file) => file.startsWith("-"))) {
  process.stderr.write(
    [
      "usage: npm run conformance -- FILE...",
      "",
      "Each FILE is a JSON object of recorded traces of CMA-ES variants, keyed by variant, function and dimension,",
      "such as CMA_elli_10 or CatCMAwM_3_2_2.",
      "",
    ].join("\n"),
  );
  process.exitCode = 2;
} else {
  process.exitCode = run(files);
}

function run(paths: readonly string[]): number {
  const rows: (string | number)[][] = [];
  const problems: string[] = [];
  for (const path of paths) {
    for (const report of reportsOf(path, problems)) {
      rows.push([path, report.trace, ...cells(report)]);
      const problem = problemOf(report);
      if (problem !== undefined) problems.push(`${path}: ${report.trace}: ${problem}`);
    }
  }
  if (rows.length > 0) {
    const header = ["file", "trace", "variant", "generations", "deviation", `within ${conformanceTolerance}`];
    process.stdout.write(`${plainTable(header, rows)}\n`);
    process.stdout.write(
      "deviation: largest over all generations and quantities of max |a - b| / max |b|, array by array\n",
    );
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length > 0 ? 1 : 0;
}

function reportsOf(path: string, problems: string[]): readonly TraceReport[] {
  try {
    const reports = reportOnTraces(JSON.parse(readFileSync(path, "utf8")));
    if (reports.length === 0) problems.push(`${path}: holds no trace`);
    return reports;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error);
    const what =
      error instanceof SyntaxError
        ? `is not JSON: ${reason}`
        : error instanceof Error && "code" in error
          ? `cannot be read: ${reason}`
          : "is not an object of traces";
    problems.push(`${path}: ${what}`);
    return [];
  }
}

function cells(report: TraceReport): (string | number)[] {
  switch (report.outcome) {
    case "replayed":
      return [
        report.variant,
        report.replay.generations,
        report.deviation.toExponential(1),
        report.deviation <= conformanceTolerance ? "yes" : "NO",
      ];
    case "not known":
      return ["not known", "-", "-", "NO"];
    case "malformed":
      return [report.variant, "-", "malformed", "NO"];
  }
}

function problemOf(report: TraceReport): string | undefined {
  switch (report.outcome) {
    case "replayed": {
      const apart = Object.entries(report.replay.deviations).filter(([, value]) => !(value <= conformanceTolerance));
      if (apart.length === 0) return undefined;
      return `deviates in ${apart.map(([name, value]) => `${name} by ${value.toExponential(1)}`).join(", ")}`;
    }
    case "not known":
      return "a variant that is not known here";
    case "malformed":
      return `malformed: ${report.problem}`;
  }
}

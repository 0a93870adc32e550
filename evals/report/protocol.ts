import type { Analysis } from "../analysis/index.js";
import type { RunConditions } from "./run-conditions.js";
import { skippedTexts } from "./skipped.js";

/** One thing to know about how a report came to be. `code`: word for word, for a terminal or a file. */
export interface ProtocolEntry {
  readonly name: string;
  readonly text: string;
  readonly code?: boolean;
}

export function protocolOf(analysis: Analysis, about: RunConditions): readonly ProtocolEntry[] {
  const { command, date, versions, node, processor, system, cores, seeds, skipped, code, labels } = about;
  const listed = (record: Readonly<Record<string, string>>) =>
    Object.entries(record)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ");
  return [
    { name: "Run again with", text: command, code: true },
    { name: "Date", text: date },
    { name: "Versions", text: `${listed(versions)}, Node ${node}` },
    {
      name: "Machine",
      text: [processor, `${cores} cores`, system].filter((part) => part !== undefined).join(", "),
    },
    { name: "Seeds", text: seeds === 1 ? "1" : `1 to ${seeds}, the same for all methods` },
    {
      name: "Protocol",
      text: `All methods start from the same configuration, trial 0, and see the same noise at the same trial. They learn from observed values; what counts is the true value of the configuration with the smallest observed one. Each task counts once, by the mean over its seeds. All runs on a task have the same ${analysis.budget === "trials" ? "number of trials" : "simulated time"}.`,
    },
    {
      name: "Skipped",
      text: skippedTexts(skipped).join("; ") || "nothing",
    },
    ...(labels === undefined ? [] : [{ name: "Methods", text: listed(labels), code: true }]),
    { name: "Code", text: listed(code), code: true },
  ];
}

import { dirname } from "node:path";
import type { Store } from "../store/index.js";
import { type StudyReading, summarize } from "../study/summary.js";
import { evidenceByVersion } from "../study/version-evidence.js";
import { bestSoFar } from "./best-so-far.js";
import { reportMarkdown } from "./report-markdown.js";
import { studySvg } from "./study-svg.js";

export const reportName = "report.md";
export const chartName = "report.svg";

/**
 * Writes the report of a study, with its chart, into the study's folder, each file whole or not at all.
 *
 * @returns absolute path of the report
 * @throws AgentTuneError `store_full`, `store_unwritable`
 */
export function writeReport(store: Store, reading: StudyReading): string {
  const evidence = evidenceByVersion(reading);
  const { id } = reading.record;
  const course = bestSoFar(reading);
  const svg = studySvg(evidence, course);
  // The chart first, so that a report never points at one that is not there.
  if (svg !== undefined) store.writeStudyFile(id, chartName, svg);
  return store.writeStudyFile(
    id,
    reportName,
    reportMarkdown(
      reading,
      evidence,
      course,
      summarize(reading, null, evidence),
      svg === undefined ? undefined : chartName,
      {
        study: id,
        folder: dirname(store.folder),
      },
    ),
  );
}

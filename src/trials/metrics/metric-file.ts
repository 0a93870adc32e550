import { open, stat } from "node:fs/promises";
import { jsonReadings } from "./json-readings.js";
import { LineSplitter } from "./line-splitter.js";
import type { Reading } from "./reading.js";

/** A JSON file larger than this is not a file of metrics. */
const largestJson = 16 * 1024 * 1024;

/**
 * Reads a file of metrics while it is being written. JSON lines are read from where the last look ended, a line that
 * is not finished is left for the next look, and a file that has become shorter is read anew. A JSON file is read
 * whole whenever it has changed; while it is half written it is not JSON and the next look will do.
 */
export class MetricFile {
  private offset = 0;
  private changed = "";
  private found: Reading[] = [];
  private splitter: LineSplitter;

  constructor(
    private readonly path: string,
    private readonly format: "json" | "json_lines",
    private readonly stepField: string,
  ) {
    this.splitter = this.newSplitter();
  }

  /** What has come since the last look. A file that is not there yet holds nothing. */
  async look(): Promise<readonly Reading[]> {
    try {
      const { size, mtimeMs } = await stat(this.path);
      if (this.format === "json") await this.readWhole(size, `${size} ${mtimeMs}`);
      else await this.readOn(size);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
    const found = this.found;
    this.found = [];
    return found;
  }

  /** The last look: a line without its end counts too. */
  async end(): Promise<readonly Reading[]> {
    const found = await this.look();
    this.splitter.end();
    const last = this.found;
    this.found = [];
    return [...found, ...last];
  }

  private async readWhole(size: number, version: string): Promise<void> {
    if (version === this.changed || size === 0 || size > largestJson) return;
    const bytes = await this.read(0, size);
    const readings = jsonReadings(bytes.toString("utf8"), this.stepField);
    if (readings === undefined) return;
    this.changed = version;
    this.found.push(...readings);
  }

  private async readOn(size: number): Promise<void> {
    if (size < this.offset) {
      this.offset = 0;
      this.splitter = this.newSplitter();
    }
    while (this.offset < size) {
      const bytes = await this.read(this.offset, Math.min(size - this.offset, 1024 * 1024));
      if (bytes.length === 0) return;
      this.offset += bytes.length;
      this.splitter.push(bytes);
    }
  }

  private async read(position: number, length: number): Promise<Buffer> {
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  private newSplitter(): LineSplitter {
    return new LineSplitter(({ text }) => {
      this.found.push(...(jsonReadings(text, this.stepField) ?? []));
    });
  }
}

/** `.jsonl` and `.ndjson` are JSON lines, everything else JSON. */
export function metricFormatOf(path: string): "json" | "json_lines" {
  return /\.(?:jsonl|ndjson)$/i.test(path) ? "json_lines" : "json";
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/llm/package-root.js";
import { parseStudyFile, type StudyDefinition } from "../../../src/study/study-file/index.js";

/** Folder of the script that the table was measured with. */
export function exampleFolder(): string {
  return join(packageRoot(), "examples", "char-lm");
}

/** The example's own study file. */
export function exampleStudy(): StudyDefinition {
  const path = join(exampleFolder(), "agent-tune.yaml");
  return parseStudyFile(readFileSync(path, "utf8"), { path });
}

/** Everything that a run's numbers depend on. */
const sources = ["train.mjs", "model.mjs", "matmul.mjs", "random.mjs", "flags.mjs", "data/persuasion.txt"];

/** Digest of the training script with its modules and its text: another digest, another script. */
export function scriptDigest(): string {
  const hash = createHash("sha256");
  for (const file of sources) {
    const content = readFileSync(join(exampleFolder(), file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

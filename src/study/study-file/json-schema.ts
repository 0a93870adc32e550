import { z } from "zod";
import type { JsonSchema } from "../../llm/model.js";
import { studyFileSchema } from "./schema.js";

/** Where the schema of the newest version is published. */
export const schemaAddress = ".agent-tune/agent-tune.schema.json";

/** The JSON Schema (draft 7, which editors read) of agent-tune.yaml as it is written, before defaults and units. */
export function studyFileJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(studyFileSchema, { io: "input", target: "draft-7" });
  const { $schema, ...rest } = schema;
  return {
    $schema,
    $id: "urn:agent-tune:study-file:1",
    title: "agent-tune study file",
    description: "One tuning problem: the command of a trial, the search space, the objective and the budget.",
    ...rest,
  };
}

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Environment } from "../../../src/llm/index.js";
import {
  type ModelServer,
  type Script,
  type SeenRequest,
  startModelServer,
} from "../../../src/llm/testing/model-server.js";
import { maxCostVariable, pricesVariable, recordingsVariable, replayVariable } from "../environment.js";

/** A model on the loopback, with what an evaluation needs around it. */
export interface ScriptedModel {
  /** Name to be written in a method. */
  readonly name: string;
  readonly server: ModelServer;
  /** Records into a folder of its own. */
  readonly env: Environment;
  /** Answers from that folder; there is no network then. */
  readonly replayEnv: Environment;
  readonly recordings: string;
}

/** What was asked, as one text: every message of the request. */
export function askedText({ body }: SeenRequest): string {
  return JSON.stringify(body["messages"]).replaceAll('\\"', '"').replaceAll("\\n", "\n");
}

/** Models that answer by a script, over real sockets; closed after each test. */
export function scriptedModels(): (
  script: (request: SeenRequest) => Script | Promise<Script>,
  options?: { readonly maxCost?: string; readonly recordings?: string; readonly priced?: boolean },
) => Promise<ScriptedModel> {
  const servers: ModelServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  return async (script, { maxCost, priced = true, recordings = emptyFolder() } = {}) => {
    const server = await startModelServer(script);
    servers.push(server);
    // The name is part of recordings, so that it must not have the port in it.
    const name = "compatible:scripted";
    const env = {
      OPENAI_BASE_URL: `${server.url}/v1`,
      [recordingsVariable]: recordings,
      ...(maxCost !== undefined && { [maxCostVariable]: maxCost }),
      ...(priced && { [pricesVariable]: JSON.stringify({ [name]: { input: 1, output: 10 } }) }),
    };
    return { name, server, env, recordings, replayEnv: { [replayVariable]: recordings } };
  };
}

export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), "agent-tune-recordings-"));
}

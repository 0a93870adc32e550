import { valueSchema } from "../../src/centaur/advice.js";
import type { JsonSchema } from "../../src/llm/index.js";
import type { Configuration, ParameterValue, SearchSpace } from "../../src/space/index.js";
import { AnswerProblems } from "./question.js";

/** JSON Schema of one configuration: every parameter a key, null where it is inactive, as strict modes want it. */
export function configurationSchema(space: SearchSpace): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    required: space.parameters.map(({ name }) => name),
    properties: Object.fromEntries(space.parameters.map((parameter) => [parameter.name, valueSchema(parameter)])),
  };
}

/** JSON Schema of {"configurations": [...]}. */
export function configurationsSchema(space: SearchSpace): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    required: ["configurations"],
    properties: { configurations: { type: "array", items: configurationSchema(space) } },
  };
}

/**
 * Reads a configuration strictly, but for constraints: one that breaks some is moved to the nearest that keeps them
 * all, as it would be if an optimizer had drawn it.
 *
 * @throws AnswerProblems
 */
export function readConfiguration(space: SearchSpace, answer: unknown): Configuration {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new AnswerProblems(["the answer is not one JSON object"]);
  }
  const values = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null));
  const read = space.read(values);
  if (read.ok) return read.configuration;
  if (read.problems.every(({ subject }) => space.constraints.includes(subject))) {
    const repaired = space.repair(space.decode(space.encode(onlyValues(values))));
    if (repaired !== undefined) return repaired;
  }
  throw new AnswerProblems(read.problems.slice(0, 20).map(({ subject, message }) => `${subject} ${message}`));
}

/**
 * Reads a list of configurations: those that are different and can be run, in order.
 *
 * @throws AnswerProblems where the answer is no list, or none of it can be run
 */
export function readConfigurations(space: SearchSpace, answer: unknown): readonly Configuration[] {
  const list = listIn(answer);
  const problems: string[] = [];
  const found = new Map<string, Configuration>();
  for (const [index, item] of list.entries()) {
    try {
      const configuration = readConfiguration(space, item);
      found.set(space.key(configuration), configuration);
    } catch (error) {
      if (!(error instanceof AnswerProblems)) throw error;
      problems.push(...error.problems.map((problem) => `configuration ${index + 1}: ${problem}`));
    }
  }
  if (found.size === 0) throw new AnswerProblems(problems.length > 0 ? problems.slice(0, 20) : ["the list is empty"]);
  return [...found.values()];
}

function listIn(answer: unknown): readonly unknown[] {
  const list: unknown =
    typeof answer === "object" && answer !== null && "configurations" in answer ? answer.configurations : answer;
  if (!Array.isArray(list)) throw new AnswerProblems(["the answer has no list of configurations"]);
  return list;
}

function onlyValues(values: Readonly<Record<string, unknown>>): Configuration {
  const kept: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") kept[name] = value;
  }
  return kept;
}

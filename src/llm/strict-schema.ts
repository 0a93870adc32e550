import type { JsonSchema } from "./model.js";

/** A JSON schema as a provider's structured output takes it. */
export interface WireSchema {
  readonly schema: JsonSchema;
  /**
   * False where the schema says something that constrained decoding has no form for (an open map, a tuple,
   * anything at all): it can only be shown to the model then, not enforced.
   */
  readonly strict: boolean;
  /** Turns an answer to `schema` into an answer to the schema that was asked for. */
  restore(answer: unknown): unknown;
}

/**
 * OpenAI's strict mode: every key of an object required, nothing additional, an object at the root, no
 * `oneOf`, no ranges. Optional keys become nullable, and `restore` drops their nulls again.
 */
export function openAiSchema(schema: JsonSchema): WireSchema {
  return wireSchema(schema, { optionalAsNullable: true });
}

/** Anthropic's structured output: nothing additional, an object at the root, no ranges; keys may be optional. */
export function anthropicSchema(schema: JsonSchema): WireSchema {
  return wireSchema(schema, { optionalAsNullable: false });
}

interface Dialect {
  readonly optionalAsNullable: boolean;
}

function wireSchema(schema: JsonSchema, dialect: Dialect): WireSchema {
  const found = { strict: true };
  const converted = convert(schema, dialect, found);
  if (isObjectSchema(schema)) {
    return {
      schema: converted,
      strict: found.strict,
      restore: (answer) => dropAddedNulls(answer, schema, schema, dialect),
    };
  }
  const { $defs, ...root } = converted;
  return {
    schema: {
      type: "object",
      properties: { answer: root },
      required: ["answer"],
      additionalProperties: false,
      ...($defs !== undefined && { $defs }),
    },
    strict: found.strict,
    restore: (answer) => dropAddedNulls(isRecord(answer) ? answer.answer : answer, schema, schema, dialect),
  };
}

function convert(schema: unknown, dialect: Dialect, found: { strict: boolean }): Record<string, unknown> {
  if (!isRecord(schema) || Object.keys(schema).length === 0) {
    found.strict = false;
    return {};
  }
  // Strict modes refuse a $ref with anything beside it.
  if (typeof schema.$ref === "string") return { $ref: schema.$ref };

  const result: Record<string, unknown> = {};
  const description = describe(schema);
  if (description !== "") result.description = description;
  if (isRecord(schema.$defs)) result.$defs = mapValues(schema.$defs, (s) => convert(s, dialect, found));

  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    result.anyOf = alternatives.map((s) => convert(s, dialect, found));
    return result;
  }
  if (Array.isArray(schema.allOf)) {
    if (schema.allOf.length === 1) return { ...convert(schema.allOf[0], dialect, found), ...result };
    found.strict = false;
    return { ...result, allOf: schema.allOf };
  }
  if ("const" in schema) return { ...result, type: jsonType(schema.const), enum: [schema.const] };
  if (schema.type !== undefined) result.type = schema.type;
  if (Array.isArray(schema.enum)) result.enum = schema.enum;
  if (isObjectSchema(schema)) convertObject(schema, result, dialect, found);
  if (schema.type === "array") {
    if ("prefixItems" in schema || !("items" in schema)) found.strict = false;
    if ("prefixItems" in schema) result.prefixItems = schema.prefixItems;
    if ("items" in schema) result.items = convert(schema.items, dialect, found);
  }
  return result;
}

function convertObject(
  schema: JsonSchema,
  result: Record<string, unknown>,
  dialect: Dialect,
  found: { strict: boolean },
): void {
  result.type = "object";
  const properties = schema.properties;
  const rest = schema.additionalProperties;
  if (!isRecord(properties) || (rest !== undefined && rest !== false)) {
    found.strict = false;
    if (rest !== undefined) result.additionalProperties = rest;
    if (isRecord(properties)) result.properties = mapValues(properties, (s) => convert(s, dialect, found));
    if (schema.required !== undefined) result.required = schema.required;
    return;
  }
  const required = requiredKeys(schema);
  result.properties = mapValues(properties, (property, key) => {
    const converted = convert(property, dialect, found);
    return dialect.optionalAsNullable && !required.has(key) && !acceptsNull(property)
      ? { anyOf: [converted, { type: "null" }] }
      : converted;
  });
  result.required = dialect.optionalAsNullable ? Object.keys(properties) : [...required];
  result.additionalProperties = false;
}

/** Removes the nulls that stand for optional keys that were left out. */
function dropAddedNulls(value: unknown, schema: unknown, root: JsonSchema, dialect: Dialect): unknown {
  if (!dialect.optionalAsNullable || !isRecord(schema)) return value;
  const resolved = resolve(schema, root);
  if (Array.isArray(value)) return value.map((item) => dropAddedNulls(item, resolved.items, root, dialect));
  const alternatives = resolved.anyOf ?? resolved.oneOf ?? resolved.allOf;
  if (Array.isArray(alternatives)) {
    const branch = alternatives.find((s) => isRecord(s) && mayDescribe(resolve(s, root), value, root));
    return dropAddedNulls(value, branch, root, dialect);
  }
  const properties = resolved.properties;
  if (!isRecord(value) || !isRecord(properties)) return value;
  const required = requiredKeys(resolved);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, v]) => v !== null || required.has(key) || !(key in properties) || acceptsNull(properties[key]))
      .map(([key, v]) => [key, dropAddedNulls(v, properties[key], root, dialect)]),
  );
}

/** Whether an alternative fits a value by its type, its keys and its constants: enough to tell branches apart. */
function mayDescribe(schema: JsonSchema, value: unknown, root: JsonSchema): boolean {
  if ("const" in schema) return schema.const === value;
  if (Array.isArray(schema.enum)) return schema.enum.includes(value);
  if (!isObjectSchema(schema)) {
    const type = jsonType(value);
    return schema.type === undefined || schema.type === type || (schema.type === "number" && type === "integer");
  }
  if (!isRecord(value)) return false;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  if (Object.keys(value).some((key) => !(key in properties) && schema.additionalProperties === false)) return false;
  return Object.entries(properties).every(([key, property]) => {
    if (!(key in value)) return !requiredKeys(schema).has(key);
    if (!isRecord(property)) return true;
    const resolved = resolve(property, root);
    return !("const" in resolved) || resolved.const === value[key];
  });
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema.$ref;
  if (reference === "#") return root;
  const name = typeof reference === "string" ? /^#\/\$defs\/(.+)$/.exec(reference)?.[1] : undefined;
  const target = name !== undefined && isRecord(root.$defs) ? root.$defs[name] : undefined;
  return isRecord(target) ? target : schema;
}

/** The limits that cannot be enforced, told to the model in words. */
function describe(schema: JsonSchema): string {
  const notes: string[] = [];
  const number = (key: string, words: (n: number) => string): void => {
    const value = schema[key];
    if (typeof value === "number" && Math.abs(value) !== Number.MAX_SAFE_INTEGER) notes.push(words(value));
  };
  number("minimum", (n) => `at least ${n}`);
  number("exclusiveMinimum", (n) => `above ${n}`);
  number("maximum", (n) => `at most ${n}`);
  number("exclusiveMaximum", (n) => `below ${n}`);
  number("multipleOf", (n) => `a multiple of ${n}`);
  number("minLength", (n) => `at least ${n} characters`);
  number("maxLength", (n) => `at most ${n} characters`);
  number("minItems", (n) => `at least ${n} items`);
  number("maxItems", (n) => `at most ${n} items`);
  if (schema.uniqueItems === true) notes.push("no item twice");
  if (typeof schema.pattern === "string") notes.push(`matching ${schema.pattern}`);
  if (typeof schema.format === "string") notes.push(`format ${schema.format}`);
  if ("default" in schema) notes.push(`default ${JSON.stringify(schema.default)}`);
  const own = typeof schema.description === "string" ? schema.description : "";
  if (notes.length === 0) return own;
  return own === "" ? `(${notes.join(", ")})` : `${own} (${notes.join(", ")})`;
}

function acceptsNull(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const { type } = schema;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return true;
  if (schema.const === null || (Array.isArray(schema.enum) && schema.enum.includes(null))) return true;
  const alternatives = schema.anyOf ?? schema.oneOf;
  return Array.isArray(alternatives) && alternatives.some((s) => isRecord(s) && acceptsNull(s));
}

function requiredKeys(schema: JsonSchema): ReadonlySet<string> {
  const { required } = schema;
  return new Set(Array.isArray(required) ? required.filter((key) => typeof key === "string") : []);
}

function isObjectSchema(schema: JsonSchema): boolean {
  return schema.type === "object" || (schema.type === undefined && isRecord(schema.properties));
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(
  record: Record<string, unknown>,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

import { z } from "zod";

/** The parts of a JSON schema that the reference shows. */
interface Node {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly default?: unknown;
  readonly examples?: readonly unknown[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly prefixItems?: readonly Node[] | undefined;
  readonly items?: Node | boolean | undefined;
  readonly anyOf?: readonly Node[] | undefined;
  readonly oneOf?: readonly Node[] | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    examples: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), node).optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    prefixItems: z.array(node).optional(),
    items: z.union([z.boolean(), node]).optional(),
    anyOf: z.array(node).optional(),
    oneOf: z.array(node).optional(),
  }),
);

/**
 * A JSON schema as Markdown: one table for each mapping in it, in the order of the schema.
 *
 * @param options.written for a file that a person writes: which keys are required, and defaults
 */
export function referenceTables(
  schema: unknown,
  options: { readonly level: number; readonly written: boolean; readonly top: string },
): string {
  const { level, written, top } = options;
  const blocks: string[] = [];
  /** Where each mapping was shown first; the same one elsewhere only points there. */
  const shown = new Map<string, string>();

  const section = (path: string, { properties = {}, required = [] }: Node, variant?: string): void => {
    const entries = Object.entries(properties).filter(([key]) => key !== variant);
    if (entries.length > 0) {
      blocks.push(
        [
          written ? "| key | value | default | meaning |" : "| field | value | meaning |",
          written ? "|---|---|---|---|" : "|---|---|---|",
          ...entries.map(([key, value]) => {
            const name = written && required.includes(key) ? `**\`${key}\`**` : `\`${key}\``;
            const optional = !written && !required.includes(key) ? ", or absent" : "";
            const meaning = cell(value.description ?? "");
            const values = cell(valueText(value)) + optional;
            return written
              ? `| ${name} | ${values} | ${defaultText(value)} | ${meaning} |`
              : `| ${name} | ${values} | ${meaning} |`;
          }),
        ].join("\n"),
      );
    }
    for (const [key, value] of entries) inner(path === "" ? key : `${path}.${key}`, value);
  };

  const inner = (path: string, value: Node): void => {
    const mappings = [value, ...(value.anyOf ?? []), ...(value.oneOf ?? [])].flatMap((each) => [
      each,
      ...(each.oneOf ?? []),
    ]);
    for (const mapping of new Set(mappings)) {
      if (mapping.properties !== undefined) {
        const [variant, chosen] = Object.entries(mapping.properties).find(([, each]) => each.const !== undefined) ?? [];
        const several = mappings.filter((each) => each.properties !== undefined).length > 1;
        const which =
          several && variant !== undefined && chosen !== undefined
            ? ` with \`${variant}: ${String(chosen.const)}\``
            : several
              ? ` with \`${Object.keys(mapping.properties)[0]}\``
              : "";
        blocks.push(`${"#".repeat(level)} \`${path}\`${which}`);
        const form = JSON.stringify({ ...mapping, description: undefined });
        const before = shown.get(form);
        if (before !== undefined) {
          blocks.push(`The same fields as \`${before}\`.`);
          continue;
        }
        shown.set(form, path);
        const said = (several ? chosen?.description : undefined) ?? (several ? undefined : mapping.description);
        if (said !== undefined) blocks.push(said);
        section(path, mapping, several && chosen !== undefined ? variant : undefined);
      } else if (typeof mapping.additionalProperties === "object") {
        inner(`${path}.NAME`, mapping.additionalProperties);
      } else if (typeof mapping.items === "object") {
        inner(`${path}[]`, mapping.items);
      }
    }
  };

  blocks.push(`${"#".repeat(level)} ${top}`);
  section("", node.parse(schema));
  return blocks.join("\n\n");
}

function valueText(value: Node): string {
  const { anyOf, oneOf, items, prefixItems, additionalProperties } = value;
  if (value.const !== undefined) return code(value.const);
  if (value.enum !== undefined) return value.enum.map(code).join(" or ");
  const variants = anyOf ?? oneOf;
  if (variants !== undefined) return [...new Set(variants.map(valueText))].join(" or ");
  if (typeof value.type === "object") {
    return [...new Set(value.type.map((type) => valueText({ ...value, type })))].join(" or ");
  }
  switch (value.type) {
    case "string":
      return value.examples === undefined ? "text" : `such as ${value.examples.map(code).join(", ")}`;
    case "boolean":
      return "`true` or `false`";
    case "null":
      return "`null`";
    case "integer":
      return `whole number${range(value)}`;
    case "number":
      return `number${range(value)}`;
    case "array":
      if (prefixItems !== undefined) return `list of ${prefixItems.length}`;
      return `list${typeof items === "object" ? ` of ${valueText(items)}` : ""}`;
    case "object":
      if (typeof additionalProperties !== "object") return "mapping";
      return `name: ${valueText(additionalProperties)}`;
    default:
      return "any";
  }
}

/** zod writes the safe integers as bounds, which say nothing to a person. */
function range({ minimum, exclusiveMinimum, maximum }: Node): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : undefined;
  const above = exclusiveMinimum === undefined ? undefined : `above ${exclusiveMinimum}`;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : undefined;
  const said = [low ?? above, high].filter((each) => each !== undefined).join(" ");
  return said === "" ? "" : ` ${said}`;
}

function defaultText(value: Node): string {
  if (value.default === undefined) return "";
  const text = JSON.stringify(value.default);
  return ["{}", "[]", '""'].includes(text) ? "" : cell(code(value.default));
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

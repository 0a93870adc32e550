import { z } from "zod";
import type { JsonSchema } from "../../llm/model.js";
import { studyFileJsonSchema } from "./json-schema.js";

/*
 * Looks into the published schema for the sake of messages: which keys are known at a place, and where else a key
 * belongs. Only used when something is wrong.
 */

const node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
});

type Node = z.infer<typeof node>;

/** Keys that may stand in the mapping at `path`. */
export function knownKeys(path: readonly PropertyKey[], input: unknown): readonly string[] {
  let places: Node[] = [parse(studyFileJsonSchema())];
  let value = input;
  for (const key of path) {
    places = fitting(places, value).flatMap((place) => step(place, key));
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  return [...new Set(fitting(places, value).flatMap((place) => Object.keys(place.properties ?? {})))];
}

/** Places other than the top where a key of this name is known: `trials` belongs under `budget`. */
export function sectionsWith(key: string): readonly string[] {
  const root = parse(studyFileJsonSchema());
  return Object.entries(root.properties ?? {}).flatMap(([section, schema]) =>
    section !== "parameters" &&
    section !== "derived" &&
    fitting([parse(schema)], {}).some((place) => key in (place.properties ?? {}))
      ? [section]
      : [],
  );
}

function parse(schema: JsonSchema | unknown): Node {
  return node.safeParse(schema).data ?? {};
}

/** Alternatives spread out; those that contradict a constant of the value (`type: float`) are left out. */
function fitting(places: readonly Node[], value: unknown): Node[] {
  const all = places.flatMap((place) => {
    const alternatives = [...(place.anyOf ?? []), ...(place.oneOf ?? [])];
    return alternatives.length === 0 ? [place] : alternatives.map(parse);
  });
  const spread = all.some((place) => place.anyOf !== undefined || place.oneOf !== undefined)
    ? fitting(all, value)
    : all;
  const matching = spread.filter((place) =>
    Object.entries(place.properties ?? {}).every(([key, schema]) => {
      const constant = parse(schema).const;
      return (
        constant === undefined ||
        typeof value !== "object" ||
        value === null ||
        !(key in value) ||
        Reflect.get(value, key) === constant
      );
    }),
  );
  return matching.length > 0 ? matching : spread;
}

function step(place: Node, key: PropertyKey): Node[] {
  if (typeof key === "number") return place.items === undefined ? [] : [parse(place.items)];
  const property = place.properties?.[String(key)];
  if (property !== undefined) return [parse(property)];
  return typeof place.additionalProperties === "object" ? [parse(place.additionalProperties)] : [];
}

import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import { parameterChanges } from "./changed-parameters.js";
import { textTable } from "./text-table.js";

/** A configuration against the default, with its derived quantities. */
export function configurationTable(
  space: SearchSpace,
  configuration: Configuration,
  derived: Readonly<Record<string, number>>,
  width: number,
): readonly string[] {
  const defaults = space.defaults();
  const rows = parameterChanges(space, defaults, configuration).map(({ name, from, to, unit, changed }) => [
    name,
    to ?? "not active",
    unit ?? "",
    changed ? `default ${from ?? "not active"}` : "",
  ]);
  for (const { name, unit } of space.derived) {
    const value = derived[name];
    if (value !== undefined) rows.push([name, String(Number(value.toPrecision(6))), unit ?? "", "derived"]);
  }
  const { lines } = textTable(
    [
      { title: "Configuration", most: 40 },
      { title: "value", align: "right", most: 24 },
      { title: "", most: 14 },
      { title: "" },
    ],
    rows,
    width,
  );
  return lines;
}

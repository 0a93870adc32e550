/**
 * Globs of files, on paths that are relative and separated by "/": `*` is any text within a name, `?` one character of a
 * name, `**` as a whole part any number of folders, `{a,b}` one of several. Everything else is literal, `[` and `!`
 * included. `model/` means everything below `model`. A leading `./` is ignored. Upper and lower case differ.
 */
export function matchesGlob(path: string, glob: string): boolean {
  return alternatives(glob).some((pattern) => compiled(pattern).test(path));
}

const cache = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const expression = new RegExp(`^${expressionOf(pattern)}$`, "su");
  if (cache.size > 1000) cache.clear();
  cache.set(pattern, expression);
  return expression;
}

function expressionOf(pattern: string): string {
  let rest = pattern.replace(/^(?:\.\/)+/, "");
  if (rest.endsWith("/")) rest += "**";
  // `**` twice in a row means no more than once, and would only make the expression slow.
  const parts = rest.split("/").filter((part, index, all) => part !== "**" || all[index - 1] !== "**");
  return parts
    .map((part, index) => {
      const last = index === parts.length - 1;
      if (part === "**") return last ? "[^/]+(?:/[^/]+)*" : "(?:[^/]+/)*";
      return ofName(part) + (last ? "" : "/");
    })
    .join("");
}

function ofName(part: string): string {
  let expression = "";
  for (const piece of part.match(/\*+|\?|[^*?]+/gu) ?? []) {
    if (piece.startsWith("*")) expression += "[^/]*";
    else if (piece === "?") expression += "[^/]";
    else expression += piece.replace(/[\\^$.|()[\]{}+/-]/g, "\\$&");
  }
  return expression;
}

/** Patterns without braces. A brace without a partner, or without a comma, is literal. */
function alternatives(glob: string): string[] {
  for (let open = glob.indexOf("{"); open >= 0; open = glob.indexOf("{", open + 1)) {
    const group = groupAt(glob, open);
    if (group === undefined || group.choices.length < 2) continue;
    return group.choices.flatMap((choice) => alternatives(glob.slice(0, open) + choice + glob.slice(group.end + 1)));
  }
  return [glob];
}

function groupAt(glob: string, open: number): { choices: string[]; end: number } | undefined {
  const choices: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let index = open; index < glob.length; index++) {
    const character = glob[index];
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (depth === 0 || (depth === 1 && character === ",")) {
      choices.push(glob.slice(start, index));
      start = index + 1;
    }
    if (depth === 0) return { choices, end: index };
  }
  return undefined;
}

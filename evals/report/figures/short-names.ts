/**
 * Names of at most so many characters for where there is no room: the middle goes, as names often differ in their first
 * part and in their last setting. What looks the same then is numbered.
 */
export function shortNames(names: readonly string[], most: number): ReadonlyMap<string, string> {
  const taken = new Map<string, number>();
  return new Map(
    names.map((name) => {
      const short = shortened(name, most);
      const before = taken.get(short) ?? 0;
      taken.set(short, before + 1);
      return [name, before === 0 ? short : `${shortened(name, most - 4)} (${before + 1})`];
    }),
  );
}

function shortened(name: string, most: number): string {
  const characters = [...name];
  if (characters.length <= most) return name;
  const head = Math.ceil((most - 1) * 0.6);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (most - 1 - head)).join("")}`;
}

/** Pixels that a text of this font size takes at most, nearly: fonts differ. */
export function textWidth(text: string, size: number): number {
  return [...text].length * size * 0.63;
}

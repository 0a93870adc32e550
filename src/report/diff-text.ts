/**
 * A unified diff for a terminal: without control characters, which code may contain as well as a log, and coloured as
 * git does where that is wanted.
 */
export function diffText(diff: string, colour: boolean): string {
  return diff
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const clean = line.replace(/[^\P{Cc}\t]|[\p{Cf}\u2028\u2029]/gu, "");
      const code = colour ? colourOf(clean) : undefined;
      return code === undefined ? clean : `\u001b[${code}m${clean}\u001b[0m`;
    })
    .join("\n");
}

/** Of the sequence "Select Graphic Rendition": bold, cyan, green, red. */
function colourOf(line: string): number | undefined {
  if (/^(?:diff |index |--- |\+\+\+ |new file |deleted file |old mode |new mode |similarity |rename )/.test(line))
    return 1;
  if (line.startsWith("@@")) return 36;
  if (line.startsWith("+")) return 32;
  return line.startsWith("-") ? 31 : undefined;
}

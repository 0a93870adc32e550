/** What could not be had, and why. */
interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/**
 * One text for each reason: `optuna-tpe, optuna-gp (there is no Python)`.
 *
 * @param most names for one reason; further ones are counted
 */
export function skippedTexts(skipped: readonly Skipped[], most = Number.POSITIVE_INFINITY): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => {
    const more = names.length > most ? ` and ${names.length - most} more` : "";
    return `${names.slice(0, most).join(", ")}${more} (${reason})`;
  });
}

/** What of a response's headers is needed. */
export interface ResponseHeaders {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms`, or `Retry-After` as seconds or as a date
 * (RFC 9110, 10.2.3). Undefined where nothing usable was said, which includes zero and dates in the past: the
 * usual backoff applies then, and not a hail of requests.
 */
export function retryAfterMilliseconds(headers: ResponseHeaders | undefined, now: number): number | undefined {
  const inMilliseconds = positive(headers?.get("retry-after-ms"));
  if (inMilliseconds !== undefined) return inMilliseconds;
  const value = headers?.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  const seconds = Number(value);
  if (!Number.isNaN(seconds)) return seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  const wait = Date.parse(value) - now;
  return wait > 0 ? wait : undefined;
}

function positive(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

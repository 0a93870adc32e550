/** A file could not be had; the message says which address and why, in a sentence. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

/** How much of a file has come. */
export interface Received {
  readonly bytes: number;
  /** As announced; absent where nothing was. */
  readonly total?: number;
}

/** The content of an address in pieces; ends with an error where it does not come whole. */
export type Download = (url: string, received: (progress: Received) => void) => AsyncIterable<Uint8Array>;

/** Time without a byte after which a server is given up. */
const longestSilence = 30_000;

/**
 * Downloads over HTTP.
 *
 * @param silence milliseconds without a byte after which it is given up
 * @throws DownloadError while reading: no network, another status than 200, silence, a body that
 * is shorter than announced
 */
export function httpDownload(silence: number = longestSilence): Download {
  return async function* (url, received) {
    const giveUp = new AbortController();
    const wait = () => setTimeout(() => giveUp.abort(), silence);
    let timer = wait();
    try {
      const response = await fetch(url, { signal: giveUp.signal });
      if (!response.ok || response.body === null) {
        throw failure(url, `answers ${response.status} ${response.statusText}`.trimEnd());
      }
      const announced = response.headers.get("content-length");
      // A compressed answer announces its compressed length.
      const total = announced === null || response.headers.has("content-encoding") ? undefined : Number(announced);
      let bytes = 0;
      for await (const piece of response.body) {
        clearTimeout(timer);
        bytes += piece.byteLength;
        received({ bytes, ...(total !== undefined && { total }) });
        yield piece;
        timer = wait();
      }
      if (total !== undefined && bytes !== total) throw failure(url, `ended after ${bytes} of ${total} bytes`);
    } catch (error) {
      if (error instanceof DownloadError) throw error;
      if (giveUp.signal.aborted) throw failure(url, `sent nothing for ${silence / 1000} s`, error);
      throw failure(url, `cannot be read: ${causeOf(error)}`, error);
    } finally {
      clearTimeout(timer);
    }
  };
}

function failure(url: string, what: string, cause?: unknown): DownloadError {
  return new DownloadError(`${url} ${what}.`, cause === undefined ? undefined : { cause });
}

/** `fetch` says only that it failed; why stands in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

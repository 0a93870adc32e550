import { deriveSeed } from "../../math/random.js";

/** How many configurations are remembered; bounds the size of the state to some 90 kB. */
const capacity = 16_384;

/**
 * Which configurations were asked for or told, as 32-bit fingerprints of their canonical keys, the ones met last.
 * Under two fingerprints that collide one point of a grid is passed over.
 */
export class VisitedConfigurations {
  private readonly known: Set<number>;

  /** @param saved what {@link state} returned */
  constructor(saved = "") {
    const bytes = Uint8Array.from(Buffer.from(saved, "base64"));
    this.known = new Set(new Uint32Array(bytes.buffer, 0, bytes.length >> 2));
  }

  /** Whether it is remembered; one that is met again stays longer. */
  has(key: string): boolean {
    const fingerprint = deriveSeed(0, key);
    if (!this.known.delete(fingerprint)) return false;
    this.known.add(fingerprint);
    return true;
  }

  add(key: string): void {
    const fingerprint = deriveSeed(0, key);
    this.known.delete(fingerprint);
    this.known.add(fingerprint);
    if (this.known.size <= capacity) return;
    // Sets keep the order of insertion: the first entry is the one met longest ago.
    for (const oldest of this.known) {
      this.known.delete(oldest);
      break;
    }
  }

  clear(): void {
    this.known.clear();
  }

  /** The fingerprints, oldest first, as 32-bit numbers in base64. */
  state(): string {
    const fingerprints = Uint32Array.from(this.known);
    return Buffer.from(fingerprints.buffer).toString("base64");
  }
}

import { deriveSeed } from "../math/random.js";

/** How many configurations are remembered; bounds the size of an optimizer's state. */
const capacity = 1024;

/**
 * Which configurations were told lately, as 32-bit fingerprints of their canonical keys. A collision costs one
 * needless redraw and nothing else.
 */
export class RecentConfigurations {
  private readonly known: Set<number>;

  constructor(fingerprints: readonly number[] = []) {
    this.known = new Set(fingerprints);
  }

  has(key: string): boolean {
    return this.known.has(deriveSeed(0, key));
  }

  add(key: string): void {
    const fingerprint = deriveSeed(0, key);
    // Sets keep the order of insertion: the first entry is the one told longest ago.
    this.known.delete(fingerprint);
    this.known.add(fingerprint);
    if (this.known.size > capacity) {
      for (const oldest of this.known) {
        this.known.delete(oldest);
        break;
      }
    }
  }

  /** Oldest first; what the constructor takes. */
  fingerprints(): readonly number[] {
    return [...this.known];
  }
}

import type { Reintroduced } from "./coder/index.js";
import type { Gain, VersionStatus } from "./version.js";

/** What happens to the code of a study. The study stores each with its time and hands it to every door. */
export type CodeEvent =
  | {
      readonly type: "version.made";
      readonly version: string;
      readonly parent: string | null;
      readonly summary: string;
      /** What a person should look at in its diff. */
      readonly flags: number;
    }
  | {
      readonly type: "version.decided";
      readonly version: string;
      readonly status: VersionStatus;
      readonly reason: string;
      readonly gain?: Gain;
    }
  | {
      /** A submission that was refused before anything ran. */
      readonly type: "version.refused";
      readonly attempt: number;
      readonly parent: string;
      readonly summary: string;
      readonly reason: string;
      readonly reintroduced?: Reintroduced;
    }
  | { readonly type: "coder.failed"; readonly attempt: number; readonly failure: string; readonly message: string }
  | { readonly type: "coder.passed"; readonly attempt: number; readonly reason: string }
  | {
      /** The study turns from numbers to structure, or back. */
      readonly type: "move.decided";
      readonly kind: "structure" | "numbers";
      /** Part of the budget that goes into structure, in [0, 1]. */
      readonly share: number;
      readonly reason: string;
    };

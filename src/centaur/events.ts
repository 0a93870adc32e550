/** What a turn reports. The study stores each with its time and hands it to every door. */
export type CentaurEvent =
  | {
      readonly type: "turn.decided";
      readonly turn: number;
      readonly side: "advisor" | "optimizer";
      /** How many of the candidates the advisor may change. */
      readonly changes: number;
      readonly candidates: number;
      readonly share: number;
      readonly reason: string;
    }
  | {
      readonly type: "advice.received";
      readonly turn: number;
      readonly advisor: string;
      readonly decisions: readonly { readonly candidate: number; readonly action: string; readonly reason: string }[];
      readonly note?: string;
    }
  | { readonly type: "advice.failed"; readonly turn: number; readonly failure: string; readonly message: string }
  | {
      readonly type: "candidate.screened";
      readonly turn: number;
      /** Candidates drawn and put aside. */
      readonly redrawn: number;
      /** Largest probability of failure among those put aside. */
      readonly risk: number;
      /** Probability of failure of the one kept. */
      readonly kept: number;
    };

import { advisorNames } from "../advisors/index.js";
import { benchmarkNames } from "../benchmarks.js";
import { suites } from "../suites/index.js";

/** What the evaluation suites of agent-tune itself are made of, as far as it can be had here. */
export interface Catalogue {
  readonly schema: "agent-tune/evaluation-catalogue/1";
  readonly benchmarks: readonly string[];
  /** Benchmarks that cannot be had here, each with why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly suites: readonly { readonly name: string; readonly question: string }[];
  /** Advisors that need no network: controls and stand-ins, no models. */
  readonly advisors: readonly { readonly name: string; readonly about: string }[];
}

export function catalogue(env: NodeJS.ProcessEnv): Catalogue {
  const { names, skipped } = benchmarkNames(env);
  return {
    schema: "agent-tune/evaluation-catalogue/1",
    benchmarks: names,
    skipped: skipped.map(({ name, reason }) => ({ name, reason })),
    suites: suites.map(({ name, question }) => ({ name, question })),
    advisors: advisorNames.map(({ name, about }) => ({ name, about })),
  };
}

export function catalogueText({ benchmarks, skipped, suites: known, advisors }: Catalogue): string {
  return [
    [`benchmarks (${benchmarks.length})`, ...benchmarks.map((name) => `  ${name}`)].join("\n"),
    ...(skipped.length === 0
      ? []
      : [
          [`skipped (${skipped.length})`, ...skipped.map(({ name, reason }) => `  ${name}: ${reason}`)].join("\n"),
          "Data that has an address is downloaded by: agent-tune eval fetch",
        ]),
    ["suites", ...known.map(({ name, question }) => `  ${name}: ${question}`)].join("\n"),
    ["advisors that need no network", ...advisors.map(({ name, about }) => `  ${name}: ${about}`)].join("\n"),
  ].join("\n\n");
}

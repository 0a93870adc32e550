import { describe, expect, it } from "vitest";
import { armsOf, contrastsOf } from "./arm.js";
import { contrastResults } from "./contrast-result.js";
import { type Evaluation, evaluationJsonSchema, evaluationSchema, type StudyResult } from "./document.js";
import { evaluationHtml } from "./html.js";
import { evaluationMarkdown, evaluationText } from "./render.js";

const arms = armsOf(["cma-es"], ["none", "openai:m"], "adaptive");
const contrasts = contrastsOf(arms);
const objective = { metric: "loss", direction: "minimize" as const };
const format = (value: number): string => value.toFixed(3);

function study(arm: string, seed: number, value: number | null): StudyResult {
  return {
    id: `${arm}-${seed}`,
    arm,
    seed,
    value,
    scoredBy: value === null ? null : "fresh",
    fresh: value === null ? null : { seeds: [seed], values: [value], failed: 0 },
    default: 3,
    gain: value === null ? null : 3 - value,
    answer: value === null ? null : { trial: 1, origin: "cma-es", configuration: { lr: 0.1 } },
    stop: { reason: "trials_used", detail: "" },
    trials: { search: 3, replicate: 1, final: 2, failed: 0 },
    origins: { default: { trials: 1, failed: 0, improved: 0 }, "cma-es": { trials: 2, failed: 0, improved: 1 } },
    incumbents: [
      { after: 1, trial: 0, origin: "default", value: 3 },
      { after: 3, trial: 2, origin: "cma-es", value: value ?? 2.9 },
    ],
    advice: null,
    cost: { calls: 0, tokens: 0, usd: 0 },
    seconds: { wall: 1, trials: 1, model: 0 },
  };
}

/** Values of the optimizer alone and with the model, seed by seed. */
function compared(
  alone: readonly (number | null)[],
  advised: readonly (number | null)[],
  direction: "minimize" | "maximize" = "minimize",
) {
  const studies = [
    ...alone.map((value, k) => study("cma-es", k + 1, value)),
    ...advised.map((value, k) => study("cma-es+openai:m", k + 1, value)),
  ];
  const [result] = contrastResults(contrasts, studies, { ...objective, direction }, format);
  if (result === undefined) throw new Error("one contrast");
  return { result, studies };
}

const six = [1, 1.1, 1.2, 1.3, 1.4, 1.5];
const lower = (by: readonly number[]) => six.map((value, k) => value - (by[k] ?? 0));

describe("what can be said of an arm", () => {
  it("that it is better, by how much and how surely", () => {
    const { result } = compared(six, lower([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]));
    expect(result).toMatchObject({ verdict: "better", better: 6, worse: 0, p: 0.03125, adjusted: 0.03125 });
    expect(result.sentence).toBe(
      "cma-es+openai:m is better than cma-es in loss by 0.350 (95 % 0.100 to 0.600): better with 6 of 6 seeds, p = 0.031.",
    );
  });

  it("that it is worse, with the same certainty", () => {
    const { result } = compared(lower([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), six);
    expect(result.sentence).toBe(
      "cma-es+openai:m is worse than cma-es in loss by 0.350 (95 % 0.100 to 0.600): worse with 6 of 6 seeds, p = 0.031.",
    );
  });

  it("that nothing was shown, and what could have been", () => {
    const { result } = compared(six, lower([0.1, -0.2, 0.3, -0.4, 0.5, -0.6]));
    expect(result.verdict).toBe("undecided");
    expect(result.detectable).toBeGreaterThan(0.3);
    expect(result.sentence).toMatch(
      /^No difference between cma-es\+openai:m and cma-es in loss could be shown \(p = 0\.\d+; cma-es\+openai:m better with 3 of 6 seeds\); 6 seeds could have shown \d\.\d+\.$/,
    );
  });

  it("that 5 seeds cannot show it, even where all are better and ties make the approximation bold", () => {
    for (const by of [
      [0.1, 0.2, 0.3, 0.4, 0.5],
      [0.1, 0.1, 0.1, 0.1, 0.1],
    ]) {
      const { result } = compared(six.slice(0, 5), lower(by).slice(0, 5));
      expect(result).toMatchObject({ verdict: "undecided", p: 0.0625, detectable: null });
      expect(result.sentence).toContain("5 seeds cannot show one at 5 %, 6 can");
    }
  });

  it("that all is the same", () => {
    expect(compared(six, six).result.sentence).toBe(
      "No difference between cma-es+openai:m and cma-es: the same loss with all 6 seeds.",
    );
  });

  it("that nothing can be compared where no seed has both", () => {
    const { result } = compared([1, null], [null, 2]);
    expect(result).toMatchObject({ pairs: 0, difference: null, p: null });
    expect(result.sentence).toMatch(/^cma-es\+openai:m and cma-es cannot be compared/);
  });

  it("the other way round where more is better", () => {
    expect(compared(lower([1, 2, 3, 4, 5, 6]), six, "maximize").result.verdict).toBe("better");
  });

  it("less surely where more is asked at once", () => {
    const three = contrastsOf(armsOf(["cma-es"], ["none", "openai:m", "rules"], "adaptive"));
    const { studies } = compared(six, lower([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]));
    const rules = six.map((value, k) => study("cma-es+rules", k + 1, value));
    const [model] = contrastResults(three, [...studies, ...rules], objective, format);
    expect(model).toMatchObject({ p: 0.03125, adjusted: 0.0625, verdict: "undecided" });
    expect(model?.sentence).toContain("6 seeds cannot show one at 5 % among 2 comparisons, 7 can");
  });
});

describe("the document", () => {
  const hostile = '<img src="https://x">&|`';
  const { studies, result } = compared(six, lower([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]));
  const evaluation: Evaluation = evaluationSchema.parse({
    schema: "agent-tune/evaluation/1",
    agentTune: "0.0.0",
    study: hostile,
    objective,
    budget: { trials: 4, seconds: null },
    seeds: [1, 2, 3, 4, 5, 6],
    folder: "/somewhere",
    contrasts: [result],
    arms: arms.map(({ name, optimizer, advisor }) => ({
      arm: name,
      optimizer,
      advisor,
      studies: 6,
      value: { mean: 1 },
      gain: null,
      curve: [{ after: 4, value: 1 }],
      answers: { "cma-es": 6 },
      origins: { "cma-es": { trials: 12, failed: 0, improved: 6 } },
      advice: null,
      cost: { calls: 2, tokens: 2000, usd: null },
      seconds: { wall: 6, trials: 6, model: 2 },
    })),
    studies,
    notes: [`${hostile}: a note`],
  } satisfies Evaluation);

  it("is described for programs", () => {
    expect(evaluationJsonSchema()).toMatchSnapshot();
  });

  it("is shown as text, what can be said first", () => {
    expect(evaluationText(evaluation)).toMatchSnapshot();
  });

  it("is shown as Markdown and as one page, with nothing from outside and nothing taken for markup", () => {
    const page = evaluationHtml(evaluation, `agent-tune eval -c '${hostile}'`);
    expect(page).toContain("&lt;img src=&quot;https://x&quot;&gt;&amp;|`");
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/<(?:script|link|img|iframe)|<[a-z]+ [^>]*(?:src|href)=|url\(|@import/);
    // Two figures for wide screens and for narrow ones, and the marks of two arms.
    expect(page.match(/<svg viewBox="0 0 (?:1000|350) /g)).toHaveLength(4);
    expect(page.match(/<svg/g)).toHaveLength(6);
    expect(page.match(/NaN|Infinity|undefined/)).toBeNull();
    expect(page).toContain("price unknown");
    const markdown = evaluationMarkdown(evaluation, "agent-tune eval");
    expect(markdown.indexOf(result.sentence)).toBeLessThan(markdown.indexOf("## Answers"));
  });
});

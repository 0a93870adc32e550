import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divergence } from "./divergence.js";
import { jsonReadings } from "./json-readings.js";
import { defaultLineReader, patternLineReader } from "./line-pattern.js";
import { type Line, LineSplitter, longestLine } from "./line-splitter.js";
import { MetricHistory } from "./metric-history.js";
import { plainText } from "./plain-text.js";

const steps = ["step", "epoch", "iter"];
const read = (line: string, known = ["loss"]) =>
  defaultLineReader(
    known,
    steps,
  )(line).map(({ metric, value, step }) => (step === undefined ? [metric, value] : [metric, value, step]));

describe("metrics in printed lines", () => {
  test.each<[string, (string | number)[][]]>([
    ["val_bpb:          0.997900", [["val_bpb", 0.9979]]],
    ["val_bpb = 1e-3", [["val_bpb", 0.001]]],
    [
      "acc=.5, f1=1.",
      [
        ["acc", 0.5],
        ["f1", 1],
      ],
    ],
    ["step 100 | loss 1.23", [["loss", 1.23, 100]]],
    [
      "step 00012 (0.1%) | loss: 2.5 | lr: 3e-4 |",
      [
        ["loss", 2.5, 12],
        ["lr", 3e-4, 12],
      ],
    ],
    ["Epoch [3/10] loss=0.5", [["loss", 0.5, 3]]],
    ["{'eval_loss': 0.39, 'epoch': 2}", [["eval_loss", 0.39, 2]]],
    ['{"loss": "0.4"}', [["loss", 0.4]]],
    [
      "train/loss: -1.5 top@5: 80%",
      [
        ["train/loss", -1.5],
        ["top@5", 80],
      ],
    ],
    ["loss: nan", [["loss", Number.NaN]]],
    ["loss: -inf", [["loss", Number.NEGATIVE_INFINITY]]],
    ["peak_vram_mb: 45_060.2", [["peak_vram_mb", 45060.2]]],
    ["loss: 1,234.5", [["loss", 1234.5]]],
    [
      "tok/sec: 1,000,000, loss: 2",
      [
        ["loss", 2],
        ["tok/sec", 1_000_000],
      ],
    ],
    ["loss: tensor(0.5123, grad_fn=<NllLossBackward0>)", [["loss", 0.5123]]],
    ["{'loss': np.float64(0.25), 'epoch': 2}", [["loss", 0.25, 2]]],
    ["tf.Tensor? loss=tf.Tensor(nan, shape=(), dtype=float32)", [["loss", Number.NaN]]],
    ["loss: 0.4±0.1", [["loss", 0.4]]],
    ["│           loss            │    0.25    │", [["loss", 0.25]]],
  ])("%s", (line, readings) => expect(read(line)).toEqual(readings));

  test.each([
    "time: 12:30:01",
    "took: 12ms",
    "version: 1.2.3",
    "https://host:8080/x",
    "loss",
    "the loss is bad",
    "saved: model_3.pt",
    "loss: 0,53",
    "loss: 12,3456",
  ])("%s holds none", (line) => expect(read(line)).toEqual([]));

  test("a name that is asked for may hold spaces", () => {
    expect(read("Validation loss: 0.3 | other loss 9", ["Validation loss"])).toContainEqual(["Validation loss", 0.3]);
  });

  test("no name is found within another: val_loss is not loss", () => {
    expect(read("val_loss 3")).toEqual([]);
    expect(read("val_loss: 3")).toEqual([["val_loss", 3]]);
    expect(read("best-loss 3")).toEqual([]);
  });

  test("a long hostile line costs no more than its length", () => {
    for (const piece of ["a", "a ", "a:", "1", "'", "loss ", "loss:  "]) {
      const line = piece.repeat(longestLine / piece.length);
      expect(read(line).length).toBeLessThan(longestLine);
    }
  });

  test("a pattern of the user's own", () => {
    const own = patternLineReader(String.raw`it=(?<step>\d+)\s+(?<metric>\w+)->(?<value>\S+)`, "loss");
    expect(own("it=5 loss->0.25 it=6 acc->bad")).toEqual([{ metric: "loss", value: 0.25, step: 5 }]);
    expect(patternLineReader(String.raw`^score (?<value>\S+)`, "score")("score 7")).toEqual([
      { metric: "score", value: 7 },
    ]);
  });
});

describe("metrics in JSON", () => {
  test("numbers of nested objects by their path; text, lists and the step are none", () => {
    expect(jsonReadings('{"step": 2, "a": 1, "b": {"c": 2}, "d": "3", "e": [4], "ok": true}', "step")).toEqual([
      { metric: "a", value: 1, step: 2 },
      { metric: "b.c", value: 2, step: 2 },
    ]);
  });

  test("NaN and Infinity, which Python writes and JSON does not know, but not within text", () => {
    const readings = jsonReadings('{"a": NaN, "b": -Infinity, "note": "NaN \\" Infinity", "c": Infinity}', "step");
    expect(readings?.map(({ value }) => value)).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test.each(["", "loss: 1", "[1]", "{", '{"a": }', "null"])("%j is no object", (text) => {
    expect(jsonReadings(text, "step")).toBeUndefined();
  });
});

describe("cutting bytes into lines", () => {
  const cut = (chunks: readonly Buffer[]) => {
    const lines: Line[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return lines;
  };

  test("\\n, \\r\\n and \\r end a line; only \\r leaves it to be overwritten", () => {
    expect(cut([Buffer.from("a\nb\r\n10%\r20%\rdone")])).toEqual([
      { text: "a", overwritten: false },
      { text: "b", overwritten: false },
      { text: "10%", overwritten: true },
      { text: "20%", overwritten: true },
      { text: "done", overwritten: false },
    ]);
  });

  test("the same lines come out wherever the stream is cut, in the middle of characters too", () => {
    const alphabet = fc.constantFrom("a", "é", "漢", "🚀", "\n", "\r", "\r\n", " ");
    fc.assert(
      fc.property(fc.array(alphabet), fc.array(fc.nat(40)), (characters, cuts) => {
        const bytes = Buffer.from(characters.join(""));
        const whole = cut([bytes]);
        const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
        const chunks = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
        expect(cut(chunks)).toEqual(whole);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("a line longer than the limit is cut, the next one is whole", () => {
    const lines = cut([Buffer.alloc(longestLine * 3, "x"), Buffer.from("\nnext\n")]);
    expect(lines.map(({ text }) => text.length)).toEqual([longestLine, 4]);
  });
});

describe("text that is safe to show", () => {
  test.each([
    ["\u001b[1;31mred\u001b[0m", "red"],
    ["\u001b]8;;http://x\u0007link\u001b]8;;\u0007", "link"],
    ["a\u0000b\u0008c\u009bd", "abcd"],
    ["left\u202eright\u200b\u2066", "leftright"],
    ["tag\u{e0041}\u{e0042}ged", "tagged"],
    ["tab\tstays é 漢 🚀", "tab\tstays é 漢 🚀"],
  ])("%j", (line, text) => expect(plainText(line)).toBe(text));
});

describe("the history of metrics", () => {
  const history = (pick: "last" | "best", direction: "minimize" | "maximize" = "minimize", keep?: string[]) =>
    new MetricHistory({ metric: "loss", direction, pick }, keep);

  test("last or best reading of the objective, in its direction", () => {
    for (const [pick, direction, expected] of [
      ["last", "minimize", 2],
      ["best", "minimize", 1],
      ["best", "maximize", 3],
    ] as const) {
      const readings = history(pick, direction);
      for (const value of [3, 1, 2]) readings.record({ metric: "loss", value }, 0);
      expect(readings.objectiveValue()).toBe(expected);
    }
  });

  test("NaN as the last reading is the value, though the last finite one is kept with its step", () => {
    const readings = history("last");
    readings.record({ metric: "loss", value: 1, step: 10 }, 0);
    readings.record({ metric: "loss", value: Number.NaN, step: 20 }, 1);
    expect(readings.objectiveValue()).toBeNaN();
    expect(readings.lastFinite()).toEqual({ loss: 1 });
    expect(readings.lastObjective()).toEqual({ value: 1, step: 10 });
  });

  test("steps are counted for each metric where none was printed", () => {
    const readings = history("last");
    const seen = ["loss", "acc", "loss"].map((metric) => readings.record({ metric, value: 0 }, 0)?.step);
    expect(seen).toEqual([0, 0, 1]);
  });

  test("only the metrics to keep, and always the objective; a flood of names and readings is bounded", () => {
    const few = history("last", "minimize", ["acc"]);
    for (const metric of ["acc", "lr", "loss"]) few.record({ metric, value: 1 }, 0);
    expect(few.names()).toEqual(["acc", "loss"]);

    const many = history("last");
    for (let i = 0; i < 1000; i++) many.record({ metric: `m${i}`, value: i }, 0);
    for (let i = 0; i < 10_001; i++) many.record({ metric: "loss", value: i }, 0);
    expect(many.names()).toHaveLength(257);
    expect(many.record({ metric: "loss", value: 5 }, 0)).toBeUndefined();
    expect(many.objectiveValue()).toBe(5);
  });
});

describe("divergence", () => {
  const at = (metric: string, value: number) => ({ metric, value, step: 4, seconds: 1 });
  const objective = { metric: "val_bpb" };

  test("the objective and losses may not cease to be finite; other metrics may", () => {
    expect(divergence(at("val_bpb", Number.NaN), objective, {})).toBe("val_bpb became NaN at step 4");
    expect(divergence(at("train/loss", Number.POSITIVE_INFINITY), objective, {})).toBe(
      "train/loss became Infinity at step 4",
    );
    expect(divergence(at("grad_norm", Number.POSITIVE_INFINITY), objective, {})).toBeUndefined();
    expect(divergence(at("gloss", Number.NaN), objective, {})).toBeUndefined();
  });

  test("the study may name what is watched, and a limit for the objective", () => {
    const limits = { diverged_on: ["grad_norm"], diverged_above: 10 };
    expect(divergence(at("grad_norm", Number.NaN), objective, limits)).toMatch(/grad_norm became NaN/);
    expect(divergence(at("loss", Number.NaN), objective, limits)).toBeUndefined();
    expect(divergence(at("val_bpb", 10.5), objective, limits)).toBe(
      "val_bpb was 10.5 at step 4, above the limit of 10",
    );
    expect(divergence(at("loss", 99), objective, limits)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { linearAxis, logAxis, tickText } from "./axis.js";
import { methodStyles } from "./method-style.js";
import { shortNames } from "./short-names.js";
import { spread } from "./spread.js";

describe("labels beside curves", () => {
  it("stay where they are while there is room, and part where there is none", () => {
    expect(spread([10, 50, 30], 12, 0, 100)).toEqual([10, 50, 30]);
    expect(spread([50, 50, 50], 12, 0, 100)).toEqual([50, 62, 74]);
    expect(spread([98, 99, 97], 12, 0, 100)).toEqual([88, 100, 76]);
  });
});

describe("an axis", () => {
  it("places values, and those outside at its ends", () => {
    const { place } = linearAxis(0, 2, [0, 100], 4);
    expect([-1, 0, 1, 2, 3].map(place)).toEqual([0, 0, 50, 100, 100]);
    const log = logAxis(0.01, 1, [100, 0], 5);
    expect([0, 0.01, 0.1, 1, 5].map((value) => Math.round(log.place(value)))).toEqual([100, 100, 50, 0, 0]);
  });

  it("has ticks at powers of ten, finer where those are few and coarser where they are many", () => {
    expect(logAxis(0.01, 1, [0, 1], 4).ticks).toEqual([0.01, 0.1, 1]);
    expect(logAxis(0.2, 4, [0, 1], 5).ticks).toEqual([0.2, 0.5, 1, 2]);
    expect(logAxis(1e-9, 1, [0, 1], 5).ticks).toEqual([1e-9, 1e-7, 1e-5, 1e-3, 0.1]);
    expect([0, 0.0001, 0.05, 20, 1e6].map(tickText)).toEqual(["0", "1e-4", "0.05", "20", "1e6"]);
  });
});

describe("names without room", () => {
  it("lose their middle, and are numbered where they would look alike", () => {
    const names = ["cma-es", "cma-es+flaky:malformed=1,down=0", "cma-es+flaky:malformed=0,down=0"];
    expect([...shortNames(names, 16).values()]).toEqual(["cma-es", "cma-es+fl…down=0", "cma-es+…wn=0 (2)"]);
    expect([...shortNames(names, 99).values()]).toEqual(names);
  });
});

describe("lines of methods", () => {
  it("differ for 18 methods and the reference, which is drawn in the colour of text", () => {
    const methods = Array.from({ length: 19 }, (_, k) => `m${k}`);
    const styles = methodStyles(methods, "m3");
    expect(styles.get("m3")?.colour).toBe("var(--ink)");
    expect(new Set([...styles.values()].map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(19);
  });
});

import { readNameUses, readPythonScript } from "../../space/importers/python/index.js";
import type { ParameterValue } from "../../space/index.js";
import { languageOf } from "../edits/index.js";

/** A value that stands in the code under a name: a constant, or the default of a field or an option. */
export interface CodeConstant {
  readonly path: string;
  /** `WARMUP`, `Config.warmup`, `warmup` of an option `--warmup`. */
  readonly name: string;
  readonly value: ParameterValue;
  /** From 1. */
  readonly line: number;
  /** The author's comment or help text. */
  readonly help?: string;
  /** Where else the name stands. */
  readonly usedAt: readonly { readonly path: string; readonly line: number }[];
  /** The parameter of the study that sets it already, by its name; absent where nobody tunes it. */
  readonly parameter?: string;
}

export interface CodeConstants {
  readonly constants: readonly CodeConstant[];
  /** Files that were not read, because they are not Python. */
  readonly unread: readonly string[];
}

/**
 * What the code could be tuned by, for those who decide what an edit declares. Python alone is read; of files in other
 * languages nothing is known.
 *
 * @param sources editable files
 * @param parameters names of the study's parameters
 */
export function constantsOf(
  sources: readonly { readonly path: string; readonly text: string }[],
  parameters: readonly string[],
): CodeConstants {
  const python = sources.filter(({ path }) => languageOf(path) === "python");
  const uses = python.map(({ path, text }) => ({ path, lines: readNameUses(text) }));
  const tuned = new Map(parameters.map((name) => [plainName(name), name]));
  const constants = python.flatMap(({ path, text }) =>
    readPythonScript(text, path).discovered.map((found): CodeConstant => {
      const parameter = parameters.includes(found.name) ? found.name : tuned.get(plainName(found.name));
      const last = lastPart(found.name);
      return {
        path,
        name: found.name,
        value: found.default,
        line: found.line,
        ...(found.help === undefined ? {} : { help: found.help }),
        usedAt: uses.flatMap(({ path: where, lines }) =>
          (lines.get(last) ?? [])
            .filter((line) => where !== path || line !== found.line)
            .map((line) => ({ path: where, line })),
        ),
        ...(parameter === undefined ? {} : { parameter }),
      };
    }),
  );
  return { constants, unread: sources.map(({ path }) => path).filter((path) => languageOf(path) !== "python") };
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** LEARNING_RATE, learning-rate and optim.learning_rate are the same setting. */
function plainName(name: string): string {
  return lastPart(name).replaceAll("-", "_").toLowerCase();
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promptIds } from "../../src/llm/index.js";
import { packageRoot } from "../../src/llm/package-root.js";
import { parseOptimizerChoice } from "../../src/optimizers/optimizer-choice.js";
import { isOptunaMethod, optunaWorkerFile } from "../methods/optuna/optuna-method.js";
import { isPublishedCentaur } from "../methods/published-centaur/index.js";
import { codeVersion } from "./code-version.js";

/** Known values say where a run stands, not what happens in it. */
const except = ["measured-values.js"];

/**
 * Version of everything that a run of a method depends on: protocol, benchmarks, and the method with all that it
 * imports. Results of another version are not used again.
 *
 * @param versions of what is not part of this program, such as Optuna
 */
export function methodCode(method: string, versions: Readonly<Record<string, string>> = {}): string {
  const dist = (path: string) => join(import.meta.dirname, "..", "..", path);
  const shared = [dist("evals/protocol/run.js"), dist("evals/benchmarks.js")];
  if (isOptunaMethod(method)) {
    const also = [...Object.entries(versions).map(String), readFileSync(optunaWorkerFile(), "utf8")];
    return codeVersion([...shared, dist("evals/methods/optuna/optuna-method.js")], { also, except });
  }
  if (isPublishedCentaur(method)) {
    const published = dist("evals/methods/published-centaur/published-centaur.js");
    return codeVersion([...shared, published], { except: [...except, "src/optimizers/index.js"] });
  }
  const [name = ""] = method.split("+");
  const also = method.includes("+") ? promptTexts() : [];
  const room = dist(`src/optimizers/${parseOptimizerChoice(name).name}/index.js`);
  if (!existsSync(room)) return codeVersion([...shared, dist("evals/methods/index.js")], { also, except });
  const own = method.includes("+")
    ? [dist("evals/methods/centaur-method.js"), room]
    : [dist("evals/methods/optimizer-method.js"), room];
  // What all optimizers share is reached from the room; the list of all of them is not part of any.
  return codeVersion([...shared, ...own], { also, except: [...except, "src/optimizers/index.js"] });
}

/** What models are asked is part of the methods that ask them. */
function promptTexts(): readonly string[] {
  return promptIds().map((id) => readFileSync(join(packageRoot(), "prompts", `${id}.md`), "utf8"));
}

import { centaurMethod } from "./centaur-method.js";
import { readHybridName } from "./hybrid-name.js";
import type { Method } from "./method.js";
import { modelMethod } from "./model-methods.js";
import { mutantMethod } from "./mutants.js";
import { optimizerMethod } from "./optimizer-method.js";
import { isOptunaMethod, optunaMethod, pythonVariable } from "./optuna/optuna-method.js";
import { isPublishedCentaur, publishedCentaurMethod } from "./published-centaur/index.js";

export { type Method, methodNames, type Proposed, type Session, type SessionContext } from "./method.js";
export { checkOptuna, isOptunaMethod, type OptunaCheck } from "./optuna/optuna-method.js";

/**
 * A method by its name: an optimizer (`cma-es`), Centaur over an optimizer with an advisor (`cma-es+rules@0.3`), a
 * sampler of Optuna (`optuna-tpe`), the published Centaur (`published-centaur+ADVISOR@0.3`), and a way to use
 * a model without Centaur (`model-alone+MODEL`, see model-methods.ts), or a deliberately broken one (mutants.ts).
 *
 * @throws AgentTuneError `usage` where there is none of that name, or no such setting; `model_unknown`,
 *   `credentials_missing`, `recording_invalid`
 */
export function methodNamed(name: string, env: NodeJS.ProcessEnv = process.env): Method {
  if (isOptunaMethod(name)) return optunaMethod(name, env[pythonVariable] ?? "python3");
  if (isPublishedCentaur(name)) return publishedCentaurMethod(name, { env });
  const special = mutantMethod(name) ?? modelMethod(name, { env });
  if (special !== undefined) return special;
  if (name.includes("+")) return centaurMethod(readHybridName(name), { env });
  return optimizerMethod(name);
}

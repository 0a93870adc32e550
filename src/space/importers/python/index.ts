/** Python sources: what a script can be tuned by, and other values in place of its constants. */

export { readDataclassFields, readPythonConstants } from "./constants.js";
export { readNameUses } from "./name-uses.js";
export type { PythonConstant } from "./python-constant.js";
export { readPythonScript } from "./read-script.js";
export { rewritePythonConstants } from "./rewrite.js";

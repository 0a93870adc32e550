/** Confinement of the processes that run edited code. */
export {
  type Confinement,
  type ConfinementLimits,
  levelInWords,
  type Protection,
  protections,
  type Sandbox,
  type SandboxLevel,
} from "./confinement.js";
export { openSandbox, type SandboxMode, type SandboxSurroundings } from "./open-sandbox.js";
export { noSandbox } from "./sandboxes.js";

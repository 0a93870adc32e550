/** The live screen of a run. */
export { openRunScreen, type RunScreen } from "./run-screen.js";

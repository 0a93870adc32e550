export { cmaEs, lraCmaEs } from "./cma-es.js";

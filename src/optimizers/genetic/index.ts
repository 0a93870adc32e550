export { genetic } from "./genetic.js";

export { gridSearch } from "./grid-search.js";

export { ladder, type Rung } from "./ladder.js";
export { isPublishedCentaur, publishedCentaurMethod } from "./published-centaur.js";

export { randomForest } from "./random-forest.js";

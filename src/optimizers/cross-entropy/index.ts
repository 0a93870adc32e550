export { crossEntropy } from "./cross-entropy.js";

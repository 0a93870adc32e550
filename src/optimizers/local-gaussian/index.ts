export { localGaussian } from "./local-gaussian.js";

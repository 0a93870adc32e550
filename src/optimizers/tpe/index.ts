export { tpe } from "./tpe.js";

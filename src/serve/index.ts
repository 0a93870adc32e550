export { type ServeEnd, type ServeOptions, serve } from "./serve.js";

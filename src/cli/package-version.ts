export { packageVersion } from "../report/package-version.js";

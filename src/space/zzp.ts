import type { Parameter } from "./parameter.js";
export const parameters: readonly Parameter[] = [
  { kind: "float", name: "x", low: -1, high: 1, scale: "linear", default: 0.5 },
  { kind: "int", name: "n", low: 0, high: 12, scale: "linear", default: 4 },
  { kind: "boolean", name: "flag", default: true },
  { kind: "categorical", name: "act", choices: ["relu", "gelu"], default: "relu" },
  { kind: "int", name: "m", low: 1, high: 64, scale: "log", powersOf: 2, default: 8, when: "flag" },
];

export { type Expression, parseExpression } from "./expression.js";
export { type Residual, residualsOf, violationOf } from "./residual.js";
export type { Node } from "./syntax.js";
export { inferType, numberType, truthType, typeOfValues, type ValueType } from "./value-type.js";

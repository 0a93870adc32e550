/** To so many decimals, as a number: results are read by people. */
export function rounded(value: number, decimals = 2): number {
  return Number(value.toFixed(decimals));
}

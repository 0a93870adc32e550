/**
 * A number with up to `digits` significant digits, as Python prints it: "0.003", "12300", "1.2e-05". Unlike
 * Python's %g, large numbers keep their zeros up to 1e15.
 */
export function formatNumber(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value + 0);
  const rounded = Number(value.toPrecision(digits));
  const [mantissa = "", power = "0"] = rounded.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 15) return String(rounded);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** How a method is drawn, the same in every figure. */
export interface MethodStyle {
  /** A CSS colour, which differs between light and dark. */
  readonly colour: string;
  readonly dash?: string;
  readonly width: number;
}

/** Colours of the style sheet: the palette of Okabe and Ito (2008) without yellow, which is lost on white. */
const colours = ["--blue", "--vermilion", "--green", "--purple", "--orange", "--sky"];
const dashes = [undefined, "7 3", "2 3"];

/**
 * The reference in the colour of text, the others by colour and then by dash, in the given order: lines differ without
 * colours too.
 */
export function methodStyles(methods: readonly string[], reference: string): ReadonlyMap<string, MethodStyle> {
  const others = methods.filter((method) => method !== reference);
  const styles = new Map<string, MethodStyle>([[reference, { colour: "var(--ink)", width: 2.4 }]]);
  for (const [k, method] of others.entries()) {
    const dash = dashes[Math.floor(k / colours.length) % dashes.length];
    styles.set(method, {
      colour: `var(${colours[k % colours.length]})`,
      width: 1.7,
      ...(dash !== undefined && { dash }),
    });
  }
  return styles;
}

import { printable } from "../../src/report/terminal-text.js";

/** HTML or SVG that is well-formed and holds nothing from outside but as text. Made by {@link element} only. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | null;
type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Elements that have no end tag in HTML. */
const endless = new Set(["meta", "wbr"]);

/**
 * An element with its children; strings are text, `null` is nothing, and attributes that are undefined are left out.
 * Coordinates are rounded: a tenth of a pixel is enough.
 */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? String(rounded(value)) : String(value))}"`);
  const open = `<${name}${written.join("")}>`;
  return { markup: endless.has(name) ? open : `${open}${joined(children)}</${name}>` };
}

/** Style sheets are text without entities in HTML; for constants of this program only. */
export function styleSheet(css: string): Markup {
  return { markup: `<style>${css}</style>` };
}

export function documentText(root: Markup): string {
  return `<!doctype html>\n${root.markup}\n`;
}

function joined(children: readonly Child[]): string {
  return children
    .map((child) => (child === null ? "" : typeof child === "string" ? escaped(child) : child.markup))
    .join("");
}

function escaped(text: string): string {
  const spaced = text === text.trim() ? printable(text) : text.replace(/\S.*\S|\S/su, printable);
  return spaced
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

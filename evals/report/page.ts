import { type Child, documentText, element, type Markup, styleSheet } from "./markup.js";
import type { ProtocolEntry } from "./protocol.js";
import { css } from "./style.js";
import type { Section } from "./tables.js";

/** What reports are made of, whatever they report on: one file of HTML that needs no other and no network. */
export function page(title: string, ...body: readonly Markup[]): string {
  return documentText(
    element(
      "html",
      { lang: "en" },
      element(
        "head",
        {},
        element("meta", { charset: "utf-8" }),
        element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
        element("title", {}, title),
        styleSheet(css),
      ),
      element("body", {}, ...body),
    ),
  );
}

/** A sentence that a report begins with. */
export interface Statement {
  readonly text: string;
  /** `shown`: a difference that the runs show. `warning`: what to know before the rest is believed. */
  readonly kind?: "shown" | "warning";
}

export function statementList(statements: readonly Statement[]): Markup {
  return element(
    "ul",
    { class: "statements" },
    ...statements.map(({ text, kind }) => element("li", { class: kind }, ...breakable(text))),
  );
}

/** One figure in two drawings, of which the width of the screen shows one. */
export function figure(caption: string, wide: Markup, narrow: Markup): Markup {
  return element(
    "figure",
    {},
    element("div", { class: "wide" }, wide),
    element("div", { class: "narrow" }, narrow),
    element("figcaption", {}, caption),
  );
}

/** What lines, colours and marks stand for. */
export function legend(items: readonly { readonly mark: Child; readonly name: string }[]): Markup {
  return element(
    "ul",
    { class: "legend" },
    ...items.map(({ mark, name }) => element("li", {}, mark, element("span", {}, ...breakable(name)))),
  );
}

/** A table with its title and its notes. */
export function table({ title, header, rows, notes, best }: Section): readonly Markup[] {
  return [
    element("h3", {}, title),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      element(
        "table",
        { class: header.length > 10 ? "dense" : undefined },
        element(
          "thead",
          {},
          element("tr", {}, ...header.map((cell) => element("th", { scope: "col" }, ...breakable(cell)))),
        ),
        element(
          "tbody",
          {},
          ...rows.map((row, r) =>
            element(
              "tr",
              {},
              ...row.map((cell, k) =>
                k === 0
                  ? element("th", { scope: "row" }, ...breakable(cell))
                  : element("td", {}, best?.[r]?.includes(k) ? element("strong", {}, cell) : cell),
              ),
            ),
          ),
        ),
      ),
    ),
    ...notes.map((note) => element("p", { class: "note" }, note)),
  ];
}

/** How figures came about, item by item. */
export function protocolList(entries: readonly ProtocolEntry[]): Markup {
  return element(
    "dl",
    {},
    ...entries.flatMap(({ name, text, code = false }) => [
      element("dt", {}, name),
      element("dd", {}, code ? element("code", {}, text) : text),
    ]),
  );
}

/** With places to break a line after what joins the parts of a method's name. */
export function breakable(text: string): readonly Child[] {
  return text.split(/(?<=[+:,@/])(?=\S)/).flatMap((part, k) => (k === 0 ? [part] : [element("wbr"), part]));
}
